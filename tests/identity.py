"""What a store has of its own, for copies of one that is made once."""

import os


def secrets() -> tuple[bytes, bytes, bytes]:
    """Return a new id, a new secret for tokens, and a new salt for the key of settings."""
    return os.urandom(16), os.urandom(32), os.urandom(16)
