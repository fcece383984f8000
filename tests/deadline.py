"""How long tests wait for what has to come about: a test never sleeps for a time that it has guessed.

All deadlines are those of a quiet machine, times how much more there is to do than it has processors for (`patience`).
MILLSTREAM_TEST_PATIENCE says that it is at least so many times as much: where the load can't be seen from within a
container, say. A deadline only ends what hangs. None says how fast anything has to be.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
SECONDS = 30.0
"""Longer than anything takes that works, on a quiet machine."""
_MAX = 10.0
_FIRST_PAUSE, _LAST_PAUSE = 0.001, 0.02


def patience(seconds: float = SECONDS) -> float:
    """Return so many seconds of a quiet machine as seconds of this one, as it is now."""
    least = float(os.environ.get("MILLSTREAM_TEST_PATIENCE", "1"))
    return seconds * min(_MAX, max(1.0, least, os.getloadavg()[0] / (os.cpu_count() or 1)))


async def within(awaitable: Awaitable[T], seconds: float = SECONDS) -> T:
    """Await something. Raises TimeoutError where it takes too long."""
    async with asyncio.timeout(patience(seconds)):
        return await awaitable


async def until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Give the loop its turns until the condition holds. Raises AssertionError that tells `what` was waited for."""
    for pause in _pauses(what, seconds):
        if condition():
            return
        await asyncio.sleep(pause)


def wait_until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Do the same in a test without a loop."""
    for pause in _pauses(what, seconds):
        if condition():
            return
        time.sleep(pause)


def _pauses(what: str, seconds: float) -> Iterator[float]:
    """Give pauses that grow: what takes long costs little to wait for."""
    seconds, pause = patience(seconds), _FIRST_PAUSE
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield pause
        pause = min(_LAST_PAUSE, pause * 1.2)
    raise AssertionError(f"waited {seconds:g} s in vain: {what}")


async def first(values: AsyncIterator[T], fits: Callable[[T], bool], what: str, seconds: float = SECONDS) -> T:
    """Read a stream up to the first value that fits, and return that. Raises AssertionError, likewise."""
    seconds = patience(seconds)
    try:
        async with asyncio.timeout(seconds):
            async for value in values:
                if fits(value):
                    return value
    except TimeoutError:
        raise AssertionError(f"waited {seconds:g} s in vain: {what}") from None
    raise AssertionError(f"the stream ended before {what}")
