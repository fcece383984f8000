"""Sending a writer's entries, again and again until they are durable."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc

from millstream.errors import DiskFullError, EntryGapError, InternalError, MillstreamError, TooManyStreamsError
from millstream.log_writing.entry_buffer import EntryBuffer
from millstream.transport.connection import Connection, readable
from millstream.transport.deadline import Deadline
from millstream.transport.retry import is_passing
from millstream.transport.status import error_from_rpc

# How long a batch that is not full waits for more entries, in seconds.
LINGER = 0.02
MAX_UNACKNOWLEDGED_BATCHES = 32

AppendCall = grpc.aio.StreamStreamCall[bytes, Any]


@dataclass(frozen=True, slots=True)
class AppendRpc:
    """An RPC that takes batches: its path, and what parses its answers, which have a `durable_entry`."""

    path: str
    parse: Callable[[bytes], Any]


class EntrySender:
    """Sends a buffer's batches over one call and takes in the acknowledgements.

    Cycle: started by the first entry -> call -> batches out (several under way), acknowledgements in -> the call
    breaks: backoff, a new call, all that is not acknowledged again -> `stop`. What will not pass ends it and fails the
    buffer. All fields belong to the event loop; the buffer guards itself.

    A call begins with one batch alone, and only its acknowledgement opens the window for more. For when a batch is
    refused while another is being written, gRPC may report the failed write in place of the refusal; one that is alone
    when it is refused makes the reason known.
    """

    def __init__(self, connection: Connection, rpc: AppendRpc, buffer: EntryBuffer) -> None:
        self._connection = connection
        self._rpc = rpc
        self._buffer = buffer
        self._backoff = connection.retry.stream_backoff()
        self._work = asyncio.Event()
        self._progress = asyncio.Event()
        self._stopping = False
        self._window = 1
        self._task: asyncio.Task[None] | None = None
        self.error: Exception | None = None
        self.last_failure: MillstreamError | None = None

    def wake(self) -> None:
        """Look for something to send. Called when the buffer has changed."""
        self._work.set()
        if self._task is None and self.error is None:
            self._task = asyncio.create_task(self._run(), name=f"millstream sender of {self._buffer.noun}")

    async def wait_for_progress(self) -> None:
        """Wait until more entries are durable. Raises the error that ended the sending."""
        if self.error is None:
            await self._progress.wait()
        if self.error is not None:
            raise self.error.with_traceback(None)

    def fail(self, error: Exception) -> None:
        """Take no more entries and tell all who wait for progress. The first error counts."""
        self.error = self.error or error
        self._buffer.fail(self.error)
        self._announce_progress()

    async def stop(self, *, grace: float = 1.0) -> None:
        """End the call and the task. A call with nothing left to send ends cleanly, within `grace` seconds."""
        self._stopping = True
        self._work.set()
        if self._task is None:
            return
        if self._is_all_durable():
            await asyncio.wait({self._task}, timeout=grace)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            while await self._wait_for_work():
                try:
                    await self._one_call()
                except MillstreamError as error:
                    self._raise_if_final(error)
                    self.last_failure = error
                await self._pause()
        except Exception as error:
            self.fail(error)  # whatever it is: callers that wait must hear of it

    async def _wait_for_work(self) -> bool:
        """Wait until there are entries to send. Returns False when there will be none."""
        while self._is_all_durable():
            if self._stopping:
                return False
            self._work.clear()
            await self._work.wait()
        return True

    def _is_all_durable(self) -> bool:
        return self._buffer.durable_entry == self._buffer.last_entry

    async def _pause(self) -> None:
        if not (self._stopping and self._is_all_durable()):
            await asyncio.sleep(self._backoff.next_delay(self.last_failure))

    async def _one_call(self) -> None:
        await self._connection.connect(Deadline(None))
        self._buffer.rewind()
        self._window = 1
        call = self._open_call()
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._send(call))
                failure = await self._receive(call)
                sending.cancel()
        finally:
            call.cancel()
        if failure is not None:
            raise failure

    def _open_call(self) -> AppendCall:
        """Open a call that takes requests as bytes: serialized once, however often sent."""
        method: grpc.aio.StreamStreamMultiCallable[bytes, Any]
        method = self._connection.channel.stream_stream(self._rpc.path, None, self._rpc.parse)
        return method()

    async def _receive(self, call: AppendCall) -> MillstreamError | None:
        try:
            async for response in call:
                self._backoff.reset()
                self._window = MAX_UNACKNOWLEDGED_BATCHES
                self.last_failure = None
                self._buffer.acknowledge(readable(response).durable_entry)
                self._work.set()
                self._announce_progress()
        except grpc.aio.AioRpcError as rpc_error:
            return error_from_rpc(rpc_error)
        except InternalError as error:
            return error
        return None

    async def _send(self, call: AppendCall) -> None:
        try:
            while await self._wait_for_batch(call):
                pass
            await call.done_writing()
        except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
            return  # the call has ended: the receiver learns why

    async def _wait_for_batch(self, call: AppendCall) -> bool:
        """Send the next batch as soon as there is one. Returns False when all is durable and no more will come."""
        self._work.clear()
        batch = self._buffer.next_batch(self._window)
        if batch is not None:
            await call.write(batch.data)
            return True
        if self._stopping and self._is_all_durable():
            return False
        await self._linger()
        return True

    async def _linger(self) -> None:
        """Wait for work, or until the open batch has waited long enough."""
        age = self._buffer.open_age()
        if age is not None and age >= LINGER:
            self._buffer.seal()
            return
        try:
            async with asyncio.timeout(None if age is None else LINGER - age):
                await self._work.wait()
        except TimeoutError:
            self._buffer.seal()

    def _raise_if_final(self, error: MillstreamError) -> None:
        if isinstance(error, EntryGapError) and self._holds(error.metadata.get("expected_entry", "")):
            return
        if not is_passing(error) and not isinstance(error, DiskFullError | TooManyStreamsError):
            raise error

    def _holds(self, expected_entry: str) -> bool:
        """Whether the entry that the service expects is still here: the next call begins at or before it."""
        return expected_entry.isdecimal() and int(expected_entry) > self._buffer.durable_entry

    def _announce_progress(self) -> None:
        announced, self._progress = self._progress, asyncio.Event()
        announced.set()
