"""Millstream: the typed client of the live record of a build machine."""
