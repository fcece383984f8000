"""Processes, signals and terminals."""
