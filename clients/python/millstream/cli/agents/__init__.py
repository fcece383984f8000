"""`millstream agents`."""
