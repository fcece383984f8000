"""The messages of coding agents."""
