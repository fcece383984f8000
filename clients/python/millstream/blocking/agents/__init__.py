"""Blocking calls about coding agents, generated."""
