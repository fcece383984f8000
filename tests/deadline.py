"""Waiting for something to become true, with a deadline: a test never sleeps for a time it has guessed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 20.0
"""Longer than anything takes that works, on a machine that is busy."""


async def within(awaitable: Awaitable[T], seconds: float = SECONDS) -> T:
    """Await something. Raises TimeoutError where it takes too long."""
    async with asyncio.timeout(seconds):
        return await awaitable


async def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Give the loop its turns until the condition holds. Raises AssertionError with `what` should have held."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"in {seconds:g} s it did not come about that {what}"
        await asyncio.sleep(0.001)
