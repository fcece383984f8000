"""Ids that a client makes itself, so that a write can be repeated without being done twice."""

import secrets
import time
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562, section 5.7): ids made later sort later, to the millisecond.

    48 bits of Unix time in milliseconds, then 74 random bits around the version and the variant.
    """
    milliseconds = time.time_ns() // 1_000_000
    random_a = secrets.randbits(12) << 64
    random_b = secrets.randbits(62)
    return str(uuid.UUID(int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | _VERSION_7 | random_a | _VARIANT | random_b))
