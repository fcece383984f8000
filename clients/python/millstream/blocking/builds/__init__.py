"""Blocking calls about builds, generated."""
