"""Logs: append, tail, search."""
