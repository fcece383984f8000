"""Runs the command as if nobody was between it and its user."""
