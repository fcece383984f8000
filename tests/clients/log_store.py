"""The service's side of AppendBuildLogs and AppendMcpEvents, with faults on demand."""

import asyncio
from collections.abc import AsyncIterator
from enum import Enum, auto
from typing import Any

import grpc
from google.protobuf.message import Message

from millstream import BuildLogEntry, McpEvent
from millstream.agents.v1.agent_service_pb2 import AppendMcpEventsResponse
from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsResponse
from tests.clients.scripted_service import Context, abort


class Fault(Enum):
    """What happens to a batch."""

    LOST_BEFORE = auto()  # the connection breaks before it is stored
    LOST_AFTER = auto()  # … after it is stored, before it is answered
    SHUTTING_DOWN = auto()
    DISK_FULL = auto()
    REFUSED = auto()  # for good
    ENDS = auto()  # the call ends without an error


class LogStore:
    """Stores each entry of a writer once, in order, as the service promises to.

    `faults` happen to the next batches, one each (None: nothing happens); `gate` holds answers back while it is clear.
    """

    def __init__(self, *faults: Fault | None) -> None:
        self.faults = list(faults)
        self.stored: list[Any] = []
        self.batches: list[int] = []
        self.durable: dict[tuple[str, str], int] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def lines(self) -> list[BuildLogEntry]:
        return self.stored

    @property
    def contents(self) -> list[str]:
        return [line.content for line in self.lines]

    def owner(self, batch: Any) -> str:
        """Return the id of what the entries are stored for."""
        build_id: str = batch.build_id
        return build_id

    def entries(self, batch: Any) -> Any:
        """Return the entries of a batch."""
        return batch.entries

    def answer(self, durable_entry: int) -> Message:
        """Return the answer for a batch."""
        return AppendBuildLogsResponse(durable_entry=durable_entry, last_seq=len(self.stored))

    async def __call__(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Message]:
        async for batch in requests:
            assert self.owner(batch), "each batch can be the first of a call"
            assert batch.writer_id
            fault = self.faults.pop(0) if self.faults else None
            if fault is Fault.ENDS:
                return
            await self._fail(context, fault, before=True)
            self._store(batch) if self._expected(batch) >= batch.first_entry else await self._gap(batch, context)
            await self._fail(context, fault, before=False)
            await self.gate.wait()
            yield self.answer(self._expected(batch) - 1)

    def _expected(self, batch: Any) -> int:
        return self.durable.get((self.owner(batch), batch.writer_id), 0) + 1

    def _store(self, batch: Any) -> None:
        entries = self.entries(batch)
        new = entries[self._expected(batch) - batch.first_entry :]
        self.batches.append(len(entries))
        self.stored += new
        self.durable[self.owner(batch), batch.writer_id] = self._expected(batch) - 1 + len(new)

    async def _gap(self, batch: Any, context: Context) -> None:
        metadata = {"expected_entry": str(self._expected(batch)), "first_entry": str(batch.first_entry)}
        await abort(context, grpc.StatusCode.FAILED_PRECONDITION, "ENTRY_GAP", metadata=metadata)

    async def _fail(self, context: Context, fault: Fault | None, *, before: bool) -> None:
        if fault is (Fault.LOST_BEFORE if before else Fault.LOST_AFTER):
            await abort(context, grpc.StatusCode.UNAVAILABLE, message="Socket closed")
        if before and fault is Fault.SHUTTING_DOWN:
            await abort(context, grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        if before and fault is Fault.REFUSED:
            await abort(context, grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
        if before and fault is Fault.DISK_FULL:
            await abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "DISK_FULL")


class EventStore(LogStore):
    """Stores events in the same way."""

    @property
    def events(self) -> list[McpEvent]:
        return self.stored

    @property
    def names(self) -> list[str]:
        return [event.tool_name for event in self.events]

    def owner(self, batch: Any) -> str:
        instance_id: str = batch.instance_id
        return instance_id

    def entries(self, batch: Any) -> Any:
        return batch.events

    def answer(self, durable_entry: int) -> Message:
        return AppendMcpEventsResponse(durable_entry=durable_entry, last_id=len(self.stored))
