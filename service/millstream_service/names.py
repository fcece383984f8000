"""Ids and names: how they are made, checked and compared."""

import itertools
import os
import re
import threading
import time
from collections.abc import Iterator

MAX_NUMBER = 10**18
"""The largest number of 64 bits that a request may have: far from where the next one would be none any more."""
MAX_SMALL_NUMBER = 10**9
"""The same of those of 32 bits that are counted on."""
_VERSION_PART = re.compile(r"\d+|[^\d.]+")


def _uuid7_numbers() -> Iterator[tuple[int, int]]:
    """Milliseconds and a 12-bit counter: together they never fall, even when the clock does."""
    last, count = 0, 0
    while True:
        now = time.time_ns() // 1_000_000
        if now > last:
            last, count = now, int.from_bytes(os.urandom(1), "big")
        elif count < 0xFFF:
            count += 1
        else:
            last, count = last + 1, 0
        yield last, count


_numbers = _uuid7_numbers()
_numbers_lock = threading.Lock()


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562, 5.7; its method 1: a counter in `rand_a`), later ones greater than earlier."""
    with _numbers_lock:
        milliseconds, count = next(_numbers)
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    digits = f"{(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | count << 64 | 0b10 << 62 | random:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def build_log_id(build_id: str, seq: int) -> str:
    """Return the id of a line: its build's id and its number."""
    return f"{build_id}/{seq}"


def split_build_log_id(log_id: str) -> tuple[str, int] | None:
    """Return the build's id and the number of a line, or None where `log_id` can't be a line's id."""
    build_id, slash, seq = log_id.rpartition("/")
    if not (slash and build_id and seq.isascii() and seq.isdigit() and len(seq) <= 18 and seq[0] != "0"):
        return None
    return build_id, int(seq)


VersionKey = tuple[tuple[int, int, str], ...]


def version_key(version: str) -> VersionKey:
    """Return what orders versions: numbers as numbers, a word before the end (1.0-beta < 1.0 < 1.0.1).

    The precedence of Semantic Versioning 2.0.0 (section 11), taken to any number of parts. Versions that are equal
    in this order differ in their text, so callers add the text itself as the last criterion.
    """
    release, _, _ = version.partition("+")
    parts = (
        (2, int(part), "") if part.isascii() and part.isdigit() else (0, 0, part)
        for part in _VERSION_PART.findall(release)
    )
    return tuple(itertools.chain(parts, ((1, 0, ""),)))


def newest_version_first(versions: Iterator[str] | list[str]) -> list[str]:
    """Return the versions, the newest first."""
    return sorted(versions, key=lambda version: (version_key(version), version), reverse=True)
