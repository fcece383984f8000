"""Reads that are made once for all who ask for the same at the same time.

The cycle: the first one to ask makes a task; callers who ask before it has begun to read join it; from then on the next
one to ask makes another. So everyone sees all that was committed before they asked. What is kept is what is being
waited for, nothing else. All fields belong to the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SharedReads(Generic[K, T]):
    """Hands what `read` returns for a key to all who asked for it in time."""

    def __init__(self, read: Callable[[K], Awaitable[T]]) -> None:
        self._read = read
        self._joinable: dict[K, asyncio.Task[T]] = {}

    async def get(self, key: K) -> T:
        """Read. Raises what the read does. One who stops waiting ends it for nobody else."""
        task = self._joinable.get(key)
        if task is None:
            task = self._joinable[key] = asyncio.create_task(self._begin(key))
            task.add_done_callback(_take_error)
        return await asyncio.shield(task)

    async def _begin(self, key: K) -> T:
        del self._joinable[key]
        return await self._read(key)


def _take_error(task: "asyncio.Task[T]") -> None:
    """Take the error of a read: where all who asked have left, nobody else does, and asyncio would log it."""
    if not task.cancelled():
        task.exception()
