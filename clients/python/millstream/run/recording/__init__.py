"""Sends builds from the spool to a service."""
