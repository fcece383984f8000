"""What is done with memory that was freed: it is kept for the next page of a log, and given back after a burst.

glibc's own thresholds grow with what is freed, but start low, and give memory back too soon for a reading thread that
takes and frees some MB at a time. And what lies below anything that is still in use it never gives back: 20,000
streams that were opened at once would be 300 MB for good. So a thread looks every now and then whether the process is
larger than it once was, and has all that is free given back; once work is over, what only Python's collector finds as
well (gRPC leaves such a cycle with each call, and the collector seldom looks, see `__main__`). See mallopt(3) and
malloc_trim(3); with another C library nothing is changed.
"""

import ctypes
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MAX_ARENAS = 1
"""Of all threads: each keeps what is free in it to itself, as much as the threshold says; eight a core by default."""
_SECONDS = 5.0
_BUSY_SECONDS = 0.02
"""A process that did less in this time has not freed much, either."""
_GROWN_BYTES = 8 << 20
_STATM = Path("/proc/self/statm")


def settle() -> None:
    """Have the allocator of this process do so from now on: before any threads are started, which have arenas then."""
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    mallopt, trim = getattr(library, "mallopt", None), getattr(library, "malloc_trim", None)
    if mallopt is not None and trim is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        mallopt(_M_TRIM_THRESHOLD, 64 << 20)
        mallopt(_M_ARENA_MAX, _MAX_ARENAS)
        threading.Thread(target=_give_back, args=(trim,), name="millstream-memory", daemon=True).start()


def _give_back(trim: Callable[[int], int]) -> None:
    """Trim while there is work, and once more when that is over; collect then what has not gone with it."""
    lowest, used, was_busy = _resident(), time.process_time(), True
    while True:
        time.sleep(_SECONDS)
        is_busy = time.process_time() - used > _BUSY_SECONDS
        if (is_busy or was_busy) and _resident() > lowest + _GROWN_BYTES:
            trim(0)
        if was_busy and not is_busy and _resident() > lowest + _GROWN_BYTES:
            gc.collect()
            trim(0)
            lowest = _resident()  # what is left is in use: it is not looked through again until there is more
        lowest, used, was_busy = min(lowest, _resident()), time.process_time(), is_busy


def _resident() -> int:
    """Return how much memory the process has, in bytes."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
