"""`millstream tail` and `millstream search`."""
