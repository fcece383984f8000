"""The calls under way: how many, which of them stand still, and how they end when the service does.

The cycle: a stream `opens`, notes before each write that it is being taken and after it that it was; `_sweep` ends
those whose client takes nothing; `drain` ends all that a client would have to wait for. Whoever cancels a stream
leaves the reason in `ended_with`. All fields belong to the event loop.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from millstream_service.errors import MillstreamServiceError, ShuttingDownError, SlowReaderError, TooManyStreamsError

_SWEEP_SECONDS = 1.0


class Stream:
    """One stream under way.

    `only_reads`: nothing that its client sent waits for an answer. `waiting_since`: when its client was handed a
    message that it has not taken yet; None while it has taken all.
    """

    def __init__(self, task: "asyncio.Task[object]", *, only_reads: bool) -> None:
        self.task = task
        self.only_reads = only_reads
        self.waiting_since: float | None = None
        self.ended_with: MillstreamServiceError | None = None

    def end(self, error: MillstreamServiceError) -> None:
        """End it with an error."""
        if self.ended_with is None:
            self.ended_with = error
            self.task.cancel()


class Calls:
    """Knows the calls under way."""

    def __init__(self, most_streams: int, slow_reader_seconds: float) -> None:
        self._most_streams = most_streams
        self._slow_reader_seconds = slow_reader_seconds
        self._streams: dict[Stream, None] = {}
        self._unary = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._draining = False
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for streams that stand still."""
        self._sweeper = asyncio.create_task(self._sweep(), name="millstream-sweeper")

    async def close(self) -> None:
        """Stop looking."""
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    @contextmanager
    def stream(self, *, only_reads: bool) -> Iterator[Stream]:
        """Count a stream as long as the block runs. Raises TooManyStreamsError and ShuttingDownError."""
        if self._draining:
            raise ShuttingDownError
        if len(self._streams) >= self._most_streams:
            raise TooManyStreamsError(self._most_streams)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - handlers run in tasks
        stream = Stream(task, only_reads=only_reads)
        self._streams[stream] = None
        self._quiet.clear()
        try:
            yield stream
        finally:
            del self._streams[stream]
            self._note_quiet()

    @contextmanager
    def unary(self) -> Iterator[None]:
        """Count a unary call as long as the block runs. Raises ShuttingDownError: else a drain might never end."""
        if self._draining:
            raise ShuttingDownError
        self._unary += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._unary -= 1
            self._note_quiet()

    def _note_quiet(self) -> None:
        if not self._streams and not self._unary:
            self._quiet.set()

    async def drain(self, seconds: float) -> None:
        """End all streams that only read, and wait for the other calls, but not longer than this."""
        self._draining = True
        for stream in list(self._streams):
            if stream.only_reads:
                stream.end(ShuttingDownError())
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            for stream in list(self._streams):
                stream.end(ShuttingDownError())

    async def _sweep(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            oldest = clock() - self._slow_reader_seconds
            for stream in list(self._streams):
                if stream.waiting_since is not None and stream.waiting_since < oldest:
                    stream.end(SlowReaderError(self._slow_reader_seconds))
