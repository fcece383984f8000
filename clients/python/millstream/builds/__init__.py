"""Calls about builds; `v1` holds the stubs."""
