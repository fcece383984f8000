"""Writing a build's log: lines go out in batches, several under way, and again after a break until they are durable."""
# ruff: noqa: ASYNC109 - as everywhere in the client, a timeout is a parameter

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Self

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_INFO, BuildLogEntry, BuildLogLevel
from millstream.errors import ClientClosedError, DeadlineExceededError, MillstreamError
from millstream.log_writing.buffer import LogBuffer
from millstream.log_writing.sender import LogSender
from millstream.transport.connection import Connection
from millstream.transport.identifiers import new_id

CLOSE_TIMEOUT = 30.0
INTERRUPTED_CLOSE_TIMEOUT = 2.0
EntryFields = tuple[str, BuildLogLevel, str | None, Timestamp | None]


class AsyncLogWriter:
    """Writes at the end of a log. `async with client.builds.log_writer(build_id) as log: await log.write(…)`.

    A line is sent within about 20 ms, by the client's event loop; any thread may write to a blocking client's writer.
    At most 8 MiB of lines wait here; `write` then waits for room. A service that is away is waited for without end
    (`flush` and `close` have timeouts). What it refuses for good, as for a build that does not exist, is raised by
    the next `write`, `flush` or `close`.

    The service knows a writer by `writer_id` and each of its lines by its number, from `first_entry` on: a line that
    is sent twice is stored once. To go on with an earlier writer's count, give both.
    """

    build_id: str
    """The id of the build whose log this writes."""

    writer_id: str
    """The name under which the service knows this writer."""

    buffer: LogBuffer
    """The lines that are not durable yet."""

    notify: Callable[[Callable[[], None]], object] | None = None
    """Runs a function on the event loop: it stands between other threads that fill the buffer, and the sender."""

    def __init__(
        self,
        connection: Connection,
        build_id: str,
        writer_id: str | None = None,
        first_entry: int = 1,
        *,
        on_end: Callable[["AsyncLogWriter"], object] = lambda _: None,
    ) -> None:
        if first_entry < 1:
            raise ValueError(f"first_entry counts from 1, it can't be {first_entry}")
        self.build_id = build_id
        self.writer_id = writer_id or new_id()
        self.buffer = LogBuffer(build_id, self.writer_id, first_entry, self._wake_sender)
        self._on_end = on_end
        self._closed = False
        self._sender = LogSender(connection, self.buffer)

    @property
    def durable_entry(self) -> int:
        """The number of the last line that is durable, with all before it; `first_entry` - 1 at first."""
        return self.buffer.durable_entry

    @property
    def last_entry(self) -> int:
        """The number of the last line written; `first_entry` - 1 at first."""
        return self.buffer.last_entry

    @property
    def last_failure(self) -> MillstreamError | None:
        """What keeps the service from taking lines just now; None where all is well."""
        return self._sender.last_failure

    async def write(
        self,
        content: str,
        level: BuildLogLevel = BUILD_LOG_LEVEL_INFO,
        category: str | None = None,
        created_at: datetime | Timestamp | None = None,
    ) -> int:
        """Write a line, without its line break, of now or of `created_at`. Returns its number.

        Waits only where there is no room. Raises MessageTooLargeError (over 1 MiB), ValueError (text that can't be
        UTF-8), and what the service refused earlier lines for.
        """
        number = self.buffer.add(content, level, category, created_at)
        while not number:
            await self.wait_for_room(content)
            number = self.buffer.add(content, level, category, created_at)
        if number == self.buffer.sealed_entry:
            await asyncio.sleep(0)  # let the batch go: a writer in a tight loop would keep all to itself
        return number

    async def write_many(
        self, contents: Iterable[str], level: BuildLogLevel = BUILD_LOG_LEVEL_INFO, category: str | None = None
    ) -> int:
        """Write some lines. Returns the number of the last one."""
        for content in contents:
            number = self.buffer.add(content, level, category)
            if not number:
                await self.write(content, level, category)
            elif number == self.buffer.sealed_entry:
                await asyncio.sleep(0)
        return self.last_entry

    async def write_entry(self, entry: BuildLogEntry) -> int:
        """Write a line that is a message already; without a time it is one of now. Returns its number. See `write`."""
        return await self.write(*fields_of(entry))

    async def flush(self, timeout: float | None = None) -> None:
        """Wait until all lines so far are durable.

        Raises DeadlineExceededError (they go on being sent), and what the service refused lines for.
        """
        last_entry = self.buffer.seal()
        self._sender.wake()
        await self._wait(lambda: self.durable_entry >= last_entry, timeout)

    async def close(self, timeout: float | None = CLOSE_TIMEOUT) -> None:
        """Flush, then end the writer. It is ended also where the flush fails."""
        if self._closed:
            return
        self._closed = True
        try:
            await self.flush(timeout)
        finally:
            await self._sender.stop()
            self._sender.fail(ClientClosedError("the log writer is closed"))
            self._on_end(self)

    async def abort(self) -> None:
        """End the writer at once. Lines that are not durable may be lost."""
        self._closed = True
        self._sender.fail(ClientClosedError("the client was closed before its log writer"))
        await self._sender.stop(grace=0)
        self._on_end(self)

    async def wait_for_room(self, content: str) -> None:
        """Wait until there is room for this line."""
        await self._wait(lambda: self.buffer.has_room(content), None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.close(close_timeout(error))
        except MillstreamError:
            if error is None:  # the error that is on its way tells more
                raise

    def _wake_sender(self) -> None:
        if self.notify is None:
            self._sender.wake()
        else:
            self.notify(self._sender.wake)

    async def _wait(self, is_reached: Callable[[], bool], timeout: float | None) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not is_reached():
                    await self._sender.wait_for_progress()
        except TimeoutError:
            raise DeadlineExceededError(self._waiting_text()) from self.last_failure

    def _waiting_text(self) -> str:
        waiting = self.last_entry - self.durable_entry
        reason = f": {self.last_failure}" if self.last_failure else ""
        return f"{waiting:,} lines are not durable yet{reason}"


def close_timeout(error: BaseException | None) -> float:
    """Return the seconds for the last flush, by what ended the block: a user who interrupts wants to leave soon."""
    is_interrupted = error is not None and not isinstance(error, Exception)
    return INTERRUPTED_CLOSE_TIMEOUT if is_interrupted else CLOSE_TIMEOUT


def fields_of(entry: BuildLogEntry) -> EntryFields:
    """Return what `write` takes, from a message."""
    category = entry.category if entry.HasField("category") else None
    created_at = entry.created_at if entry.HasField("created_at") else None
    return entry.content, entry.level, category, created_at
