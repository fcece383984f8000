"""Writing entries: they go out in batches, several under way, and again after a break until they are durable."""
# ruff: noqa: ASYNC109 - as everywhere in the client, a timeout is a parameter

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from millstream.errors import ClientClosedError, DeadlineExceededError, MillstreamError
from millstream.log_writing.entry_buffer import EntryBuffer
from millstream.log_writing.sender import AppendRpc, EntrySender
from millstream.transport.connection import Connection

CLOSE_TIMEOUT = 30.0
INTERRUPTED_CLOSE_TIMEOUT = 2.0


class AsyncEntryWriter:
    """What the writers of a log's lines and of an instance's events have in common: all but what an entry is."""

    writer_id: str
    """The name under which the service knows this writer."""

    buffer: EntryBuffer
    """The entries that are not durable yet."""

    notify: Callable[[Callable[[], None]], object] | None = None
    """Runs a function on the event loop: it stands between other threads that fill the buffer, and the sender."""

    def __init__(
        self,
        connection: Connection,
        rpc: AppendRpc,
        writer_id: str,
        buffer: EntryBuffer,
        on_end: Callable[[Any], object] = lambda _: None,
    ) -> None:
        self.writer_id = writer_id
        self.buffer = buffer
        self._on_end = on_end
        self._closed = False
        self._sender = EntrySender(connection, rpc, buffer)

    @property
    def durable_entry(self) -> int:
        """The number of the last entry that is durable, with all before it; `first_entry` - 1 at first."""
        return self.buffer.durable_entry

    @property
    def last_entry(self) -> int:
        """The number of the last entry written; `first_entry` - 1 at first."""
        return self.buffer.last_entry

    @property
    def last_failure(self) -> MillstreamError | None:
        """What keeps the service from taking entries just now; None where all is well."""
        return self._sender.last_failure

    async def flush(self, timeout: float | None = None) -> None:
        """Wait until all entries so far are durable.

        Raises DeadlineExceededError (they go on being sent), and what the service refused entries for.
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
            self._sender.fail(ClientClosedError(f"the {self.buffer.writer} is closed"))
            self._on_end(self)

    async def abort(self) -> None:
        """End the writer at once. Entries that are not durable may be lost."""
        self._closed = True
        self._sender.fail(ClientClosedError(f"the client was closed before its {self.buffer.writer}"))
        await self._sender.stop(grace=0)
        self._on_end(self)

    async def wait_for_room(self, size: int) -> None:
        """Wait until there is room for an entry of so many bytes."""
        await self._wait(lambda: self.buffer.has_room(size), None)

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
        return f"{waiting:,} {self.buffer.noun} are not durable yet{reason}"


def close_timeout(error: BaseException | None) -> float:
    """Return the seconds for the last flush, by what ended the block: a user who interrupts wants to leave soon."""
    is_interrupted = error is not None and not isinstance(error, Exception)
    return INTERRUPTED_CLOSE_TIMEOUT if is_interrupted else CLOSE_TIMEOUT
