"""Builds: their tables, and the queries and rules that only they have."""
