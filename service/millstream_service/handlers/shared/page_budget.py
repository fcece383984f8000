"""Memory for the pages of tails: few of them have pages at a time, however many there are.

The cycle: a tail enters (`slot`), in turn; where no slot is free, it sends a little before. It leaves once all is
sent, or between two pages where others wait. One whose client has not taken a message for a moment loses its slot, and
what it has in memory, to the one who waits: it reads that again once its client goes on. While nobody waits, nobody
loses anything. All fields belong to the event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

SLOTS = 3
"""As many as read at a time, and one: a slot holds the page that is sent and the one that is read, some MiB each."""
BLOCKED_SECONDS = 0.05
"""A client that takes nothing for this many seconds makes room for others."""


class Slot:
    """What one tail has in memory. `lost`: it was taken away."""

    def __init__(self) -> None:
        self.lost = False
        self.blocked_since: float | None = None
        self._unsent: Iterator[tuple[bytes, int]] = iter(())
        self._ahead: asyncio.Task[Any] | None = None

    def fill(self, messages: Iterator[tuple[bytes, int]], ahead: "asyncio.Task[Any] | None" = None) -> None:
        """Hold messages that are to be sent, each with its last line, and the read of those behind them."""
        self._unsent, self._ahead = messages, ahead

    def sending(self) -> Iterator[tuple[bytes, int]]:
        """Yield messages, each with its last line, until they are sent or lost. Each is waited for."""
        clock = asyncio.get_running_loop().time
        while (message := next(self._unsent, None)) is not None:
            self.blocked_since = clock()
            yield message
            self.blocked_since = None

    def drop(self) -> None:
        """Let go of all."""
        self.lost = True
        self._unsent = iter(())
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead.add_done_callback(_forget)
            self._ahead = None


def _forget(read: "asyncio.Task[Any]") -> None:
    """Take an error that concerns nobody any more: asyncio would log it."""
    if not read.cancelled():
        read.exception()


class PageBudget:
    """Slots for tails."""

    def __init__(self) -> None:
        self._taken: dict[Slot, None] = {}
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Whether all slots are taken."""
        return len(self._taken) >= SLOTS

    @property
    def crowded(self) -> bool:
        """Whether others wait for a slot."""
        return self._waiting > 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Give a slot as long as the block runs, or until it is lost."""
        self._waiting += 1
        try:
            async with self._turn:
                while len(self._taken) >= SLOTS and not self._take_from_the_blocked():
                    await self._change()
                slot = Slot()
                self._taken[slot] = None
        finally:
            self._waiting -= 1
        try:
            yield slot
        finally:
            self._free(slot)

    def _take_from_the_blocked(self) -> bool:
        late = asyncio.get_running_loop().time() - BLOCKED_SECONDS
        for slot in self._taken:
            if slot.blocked_since is not None and slot.blocked_since < late:
                self._free(slot)
                return True
        return False

    def _free(self, slot: Slot) -> None:
        self._taken.pop(slot, None)
        slot.drop()
        self._left.set()

    async def _change(self) -> None:
        """Wait until somebody leaves, or for as long as it takes to see who is blocked."""
        self._left.clear()
        try:
            async with asyncio.timeout(BLOCKED_SECONDS):
                await self._left.wait()
        except TimeoutError:
            return
