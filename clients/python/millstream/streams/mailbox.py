"""One value on its way to one consumer."""

import asyncio
import copy
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest value until its consumer takes it: a slow consumer skips those in between.

    Cycle: empty -> full (each new value replaces the one that waits) -> taken, empty again; at last, failed. All
    fields belong to the event loop.
    """

    def __init__(self) -> None:
        self._slot: list[T] = []
        self._error: Exception | None = None
        self._changed = asyncio.Event()

    def put(self, value: T) -> None:
        """Leave a value, in place of the one that waits."""
        self._slot = [value]
        self._changed.set()

    def fail(self, error: Exception) -> None:
        """Say that no more values come. One that waits is still delivered."""
        self._error = error
        self._changed.set()

    async def take(self) -> T:
        """Wait for a value and take it out. Raises the error that the mailbox failed with."""
        while not self._slot:
            if self._error is not None:
                # A copy: several consumers raise it, each with a traceback of its own.
                raise copy.copy(self._error)
            self._changed.clear()
            await self._changed.wait()
        return self._slot.pop()
