"""Calls about coding agents; `v1` holds the stubs."""
