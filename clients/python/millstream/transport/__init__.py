"""How calls reach the service: addresses, the channel, connecting, retries, statuses."""
