"""Ids that a client makes itself, so that a write can be repeated without being done twice."""

import os
import time

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_A = 0xFFF << 64
_RANDOM_B = (1 << 62) - 1


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562, section 5.7): ids made later sort later, to the millisecond.

    48 bits of Unix time in milliseconds, then 74 random bits around the version and the variant.
    """
    milliseconds = time.time_ns() // 1_000_000
    bits = int.from_bytes(os.urandom(10), "big") & (_RANDOM_A | _RANDOM_B)
    digits = f"{(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | _VERSION_7 | _VARIANT | bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
