"""Waiting for what must come to pass, never for time to pass."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 20.0
_POLL_SECONDS = 0.01


async def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait for a condition of another process or thread. Fails, saying `what` was waited for, when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - of another process or thread: nobody here could set an event
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"waited {seconds:g} s for {what}") from None


async def first(values: AsyncIterator[T], fits: Callable[[T], bool], what: str, seconds: float = SECONDS) -> T:
    """Read a stream up to the first value that fits, and return that."""
    try:
        async with asyncio.timeout(seconds):
            async for value in values:
                if fits(value):
                    return value
    except TimeoutError:
        raise AssertionError(f"waited {seconds:g} s for {what}") from None
    raise AssertionError(f"the stream ended before {what}")
