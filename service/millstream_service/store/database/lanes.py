"""Lanes: reads by what they cost, each kind in threads of its own, so that none can hold up another.

A read of a row takes a tenth of a millisecond, one of a log a hundred. In one pool of threads a few of the second
kind stand before all of the first. So each kind has its own threads, few as they are, and a read waits behind its
like alone. What may take long gives way besides: its threads have a lower priority (where the system knows one of
threads), and while any of it runs Python changes between threads sooner. See docs/performance.md.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import TypeVar

T = TypeVar("T")
_NICENESS = 5
"""Of threads that give way: a third of the time that others get, where there is not enough for all."""
_SWITCH_SECONDS = 0.0005
"""So soon a thread that runs Python lets another one run, while something long does."""


class Lane(Enum):
    """A kind of read."""

    SHORT = "short"
    """A row, a short list: somebody waits for the answer of a call."""
    WATCHED = "watched"
    """What is watched, read again after a commit."""
    FIRST = "first"
    """What is watched, read for the first time."""
    PAGES = "pages"
    """Pages of tails and of feeds."""
    LISTS = "lists"
    """A long list: of many rows, or from many places."""
    LONG_FIRST = "long-first"
    """What is watched and long, read for the first time."""
    SEARCHES = "searches"
    """Parts of logs that are searched."""
    MESSAGES = "messages"
    """Nothing is read here: what is long becomes messages, or is looked at as a request."""
    UPKEEP = "upkeep"
    """What the service does for itself: nobody waits for it."""


THREADS = dict.fromkeys(Lane, 1) | {Lane.SHORT: 2, Lane.PAGES: 2, Lane.SEARCHES: 2}
_GIVE_WAY = frozenset({Lane.LISTS, Lane.LONG_FIRST, Lane.SEARCHES, Lane.MESSAGES, Lane.UPKEEP})


class Lanes:
    """The threads of all lanes, each started when it is first needed."""

    def __init__(self) -> None:
        self._pools = {lane: _pool(lane) for lane in Lane}

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Run something in a thread of a lane and return what it returns."""
        if lane in _GIVE_WAY:
            work = partial(_giving_way, work)
        return await asyncio.get_running_loop().run_in_executor(self._pools[lane], work)

    def close(self) -> None:
        """Wait for what runs; what has not begun never does."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)


def _pool(lane: Lane) -> ThreadPoolExecutor:
    initializer = _lower_priority if lane in _GIVE_WAY else None
    return ThreadPoolExecutor(THREADS[lane], f"millstream-{lane.value}", initializer)


def _lower_priority() -> None:
    """Lower the priority of this thread, where it has one of its own: on Linux (setpriority(2), "C library/kernel").

    Where that is not allowed, the lane does without: an error here would be the end of it.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            usual = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, usual + _NICENESS)


def _giving_way(work: Callable[[], T]) -> T:
    """Run something, and have Python change between threads more often meanwhile."""
    _switches.begin()
    try:
        return work()
    finally:
        _switches.end()


class _Switches:
    """How often Python changes between threads, which is set for the process: so is the count of what runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._usual = 0.0

    def begin(self) -> None:
        """Note that something long runs."""
        with self._lock:
            if not self._running:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(_SWITCH_SECONDS)
            self._running += 1

    def end(self) -> None:
        """Note that it runs no more."""
        with self._lock:
            self._running -= 1
            if not self._running:
                sys.setswitchinterval(self._usual)


_switches = _Switches()
