"""Turns to read: what many streams send at the same time is taken a few messages at a time.

A message has to be read whole before anybody knows how large it is; one that is not asked for stays with its client. So
the first message of a stream is asked for in its turn, and so is each while memory is short. A turn lasts until the
message has its memory. A client that sends nothing yet keeps others from theirs for a moment only. All fields belong to
the event loop.
"""

import asyncio
from collections.abc import AsyncIterator

from millstream_service.rpc.request_memory import RequestMemory, memory_of

TURNS = 8
TURN_SECONDS = 0.05
"""How long a turn lasts while nothing comes; where large messages of others do,"""
MAX_TURN_SECONDS = 5.0
"""this one may be on its way, too: how long then."""
SMALL_MESSAGE = 16 << 10
"""Smaller ones are bounded by how many streams there may be."""


class ReadTurns:
    """The turns and the memory of all messages that come in streams."""

    def __init__(self, memory: RequestMemory, turns: int = TURNS) -> None:
        self.memory = memory
        self._turns = asyncio.Semaphore(turns)
        self._last_large = -MAX_TURN_SECONDS

    async def read(self, requests: AsyncIterator[bytes], *, first: bool) -> tuple[bytes, int]:
        """Return a stream's next message, and what it has taken of the memory.

        Raises StopAsyncIteration behind the last one, and StoreBusyError.
        """
        if not first and not self._turns.locked() and not self.memory.is_short:
            return await self._with_memory(await anext(requests))
        await self._turns.acquire()
        turn = _Turn(self._turns)
        self._look_at(turn, asyncio.get_running_loop().time() + MAX_TURN_SECONDS)
        try:
            data = await anext(requests)
            turn.stop_looking()
            return await self._with_memory(data)
        finally:
            turn.end()

    def _look_at(self, turn: "_Turn", latest: float) -> None:
        """End a turn in a while, unless large messages have come meanwhile."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            if self._last_large < loop.time() - 2 * TURN_SECONDS or loop.time() >= latest:
                turn.end()
            else:
                self._look_at(turn, latest)

        turn.timer = loop.call_later(TURN_SECONDS, look)

    async def _with_memory(self, data: bytes) -> tuple[bytes, int]:
        size = memory_of(data) if len(data) > SMALL_MESSAGE else 0
        if size:
            self._last_large = asyncio.get_running_loop().time()
            if not self.memory.take_at_once(size):
                await self.memory.take(size)
        return data, size


class _Turn:
    """One turn, which ends once."""

    __slots__ = ("_turns", "timer")

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns: asyncio.Semaphore | None = turns
        self.timer: asyncio.TimerHandle | None = None

    def stop_looking(self) -> None:
        """Let the turn last until it is ended."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def end(self) -> None:
        """Let the next one have it."""
        self.stop_looking()
        if self._turns is not None:
            self._turns.release()
            self._turns = None
