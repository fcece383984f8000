"""Logs: chunks, how they are merged, and how they expire."""
