"""Streams that come back by themselves: watches, tails, searches."""
