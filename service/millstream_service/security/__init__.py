"""Who calls, and what is kept from others: callers, signed tokens, keys, and what is sealed with them."""
