"""`millstream db`."""
