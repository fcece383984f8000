"""What the tools of all domains have in common."""
