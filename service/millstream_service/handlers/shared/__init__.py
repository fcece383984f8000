"""What the handlers of all domains have in common."""
