"""The calls under way: how many, which of them stand still, and how they end when the service does.

The cycle: a call is counted as long as it runs. A stream notes before each write that it is being taken and after it
that it was; a unary call waits for its answer from the start. `_sweep` ends those that have waited for too long,
`drain` all that only read. To end a call is to cancel its task and leave the reason in `ended_with`. All fields
belong to the event loop.
"""

import asyncio
from collections import Counter
from time import monotonic

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import (
    MillstreamServiceError,
    ShuttingDownError,
    SlowReaderError,
    StoreUnavailableError,
    TooManyStreamsError,
)

UNARY_SECONDS = 60.0
"""A unary call takes no longer, whatever deadline its client set."""
_SWEEP_SECONDS = 1.0


class OpenCall:
    """One call under way.

    `only_reads`: it is a stream, and nothing that its client sent waits for an answer. `waiting_since`: since when
    it has been waiting, a stream for its client to take a message, a unary call for its answer; None while it is not.
    """

    __slots__ = ("ended_with", "only_reads", "streams", "task", "waiting_since")

    def __init__(self, *, streams: bool, only_reads: bool = False) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - handlers run in tasks
        self.task = task
        self.streams = streams
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

    def __init__(
        self, max_streams: int, max_streams_of_one: int, slow_reader_seconds: float, supervisor: Supervisor
    ) -> None:
        self._max_streams = max_streams
        self._max_streams_of_one = max_streams_of_one
        self._slow_reader_seconds = slow_reader_seconds
        self._supervisor = supervisor
        self._calls: dict[OpenCall, None] = {}
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._draining = False
        self._sweeper: background.Task | None = None
        self.streams = 0
        """How many streams are open."""
        self._streams_of: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to look for calls that stand still."""
        self._sweeper = self._supervisor.start(self._sweep, "sweeper")

    async def close(self) -> None:
        """Stop looking."""
        await background.stop(self._sweeper)

    def stream(self, *, only_reads: bool, connection: str = "") -> "CallInFlight":
        """Count a stream as long as the block runs. Raises TooManyStreamsError and ShuttingDownError.

        `connection` tells whose it is; empty where that is not known.
        """
        return CallInFlight(self, OpenCall(streams=True, only_reads=only_reads), connection)

    def unary(self) -> "CallInFlight":
        """Count a unary call as long as the block runs. Raises ShuttingDownError: else a drain might never end."""
        call = OpenCall(streams=False)
        call.waiting_since = monotonic()
        return CallInFlight(self, call)

    def begin(self, call: OpenCall, connection: str) -> None:
        """Count a call. Raises TooManyStreamsError and ShuttingDownError."""
        if self._draining:
            raise ShuttingDownError
        if call.streams:
            if self.streams >= self._max_streams:
                raise TooManyStreamsError(self._max_streams)
            if connection and self._streams_of[connection] >= self._max_streams_of_one:
                raise TooManyStreamsError(self._max_streams_of_one, "streams are open by one client")
            self.streams += 1
            self._streams_of[connection] += 1
        self._calls[call] = None
        self._quiet.clear()

    def finish(self, call: OpenCall, connection: str) -> None:
        """Count it no more."""
        if call.streams:
            self.streams -= 1
            self._streams_of[connection] -= 1
            if not self._streams_of[connection]:
                del self._streams_of[connection]
        del self._calls[call]
        if not self._calls:
            self._quiet.set()

    async def drain(self, seconds: float) -> None:
        """End all streams that only read, and wait for the other calls, but not longer than this."""
        self._draining = True
        for call in list(self._calls):
            if call.only_reads:
                call.end(ShuttingDownError())
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            for call in list(self._calls):
                call.end(ShuttingDownError())

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self._end_late(monotonic())

    def _end_late(self, now: float) -> None:
        for call in list(self._calls):
            if call.waiting_since is not None:
                self._end_if_late(call, now - call.waiting_since)

    def _end_if_late(self, call: OpenCall, seconds: float) -> None:
        if call.streams and seconds > self._slow_reader_seconds:
            call.end(SlowReaderError(self._slow_reader_seconds))
        elif not call.streams and seconds > UNARY_SECONDS:
            call.end(StoreUnavailableError(f"the call took longer than {UNARY_SECONDS:g} s"))


class CallInFlight:
    """Counts a call as long as the block runs. Raises what `Calls.begin` does, and what the call was ended with.

    A class, not a generator: it is around every call, and a stream keeps it in memory.
    """

    __slots__ = ("_call", "_calls", "_connection")

    def __init__(self, calls: Calls, call: OpenCall, connection: str = "") -> None:
        self._calls, self._call, self._connection = calls, call, connection

    def __enter__(self) -> OpenCall:
        """Begin."""
        self._calls.begin(self._call, self._connection)
        return self._call

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Finish."""
        self._calls.finish(self._call, self._connection)
        if isinstance(error, asyncio.CancelledError) and self._call.ended_with is not None:
            self._call.task.uncancel()
            raise self._call.ended_with from None
