"""What commits did: changes, and the log of them. Knows no domain."""
