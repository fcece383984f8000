"""Several streams in one.

The cycle: each source runs in a task of its own and sends its messages into a queue; the reader of the merged stream
takes them from there, and only then does their source go on. So a source has one message waiting at most, its last one
aside: sources take turns, a slow reader slows them as if it read each by itself, and no queue grows. All fields belong
to the event loop.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

from millstream_service import background

Send = Callable[[bytes], Awaitable[None]]
"""Takes a message, and returns once that was taken by its reader."""
Source = Callable[[Send], Awaitable[bytes]]
"""Sends its messages, and returns the last one. What can be wrong with it is a message, too: it raises nothing."""


async def merge(sources: Iterable[Source]) -> AsyncGenerator[bytes, None]:
    """Yield the messages of all sources until the last one has ended. Raises RuntimeError where one fails after all.

    Whatever ends it ends all sources.
    """
    queue = _Queue()
    tasks = [asyncio.create_task(queue.run(source)) for source in sources]
    try:
        while await queue.has_more(len(tasks)):
            message, taken = queue.pop()
            yield message
            del message  # which might lie here for long
            if not taken.done():
                taken.set_result(None)
    finally:
        await background.stop(*tasks)


class _Queue:
    """The messages that wait for the reader, each with what its source waits for."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._changed = asyncio.Event()
        self._ended = 0
        self._failure: BaseException | None = None

    async def run(self, source: Source) -> None:
        """Run a source to its end."""
        try:
            self._put(await source(self._send))
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._ended += 1
            self._changed.set()

    async def has_more(self, sources: int) -> bool:
        """Wait until there is a message; False where all sources have ended. Raises RuntimeError where one failed."""
        while not self._waiting:
            if self._failure is not None:
                raise RuntimeError("one of several streams has failed") from self._failure
            if self._ended == sources:
                return False
            self._changed.clear()
            await self._changed.wait()
        return True

    def pop(self) -> tuple[bytes, "asyncio.Future[None]"]:
        """Return the message that has waited for longest, and what to set once it was taken."""
        return self._waiting.popleft()

    async def _send(self, message: bytes) -> None:
        await self._put(message)

    def _put(self, message: bytes) -> "asyncio.Future[None]":
        taken = asyncio.get_running_loop().create_future()
        self._waiting.append((message, taken))
        self._changed.set()
        return taken
