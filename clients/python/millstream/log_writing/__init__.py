"""Writing a build's log."""
