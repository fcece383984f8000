"""Reads that stay alive: a commit finds whom it concerns, and they read again.

commit -> regions -> observations (read again together, one revision) -> subscribers
-> signals (of tails and feeds, which read on from the store)
"""
