"""File descriptors of processes that go on without us, which must hold nothing open that is not theirs."""

import contextlib
import os
from pathlib import Path

_STANDARD = (0, 1, 2)
_MAX_TRIED = 4096


def close_all_but(kept: set[int]) -> None:
    """Close all descriptors but these. Standard ones are not closed but lead nowhere: their numbers stay taken."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in _open_ones() - kept:
        if number in _STANDARD:
            os.dup2(nowhere, number)
        elif number != nowhere:
            with contextlib.suppress(OSError):
                os.close(number)
    if nowhere not in _STANDARD:
        os.close(nowhere)


def _open_ones() -> set[int]:
    try:
        return {int(path.name) for path in Path("/dev/fd").iterdir()} | set(_STANDARD)
    except OSError:
        return set(range(_MAX_TRIED))
