"""AppendMcpEvents: what its batches come to. See `handlers.shared.appending`."""

from functools import partial
from typing import ClassVar

from millstream.agents.v1.agent_service_pb2 import AppendMcpEventsRequest, AppendMcpEventsResponse
from millstream_service.convert.agents.entities import mcp_events_from_messages
from millstream_service.handlers.shared.appending import Appending
from millstream_service.store.agents import mcp_events
from millstream_service.store.database.lanes import Lane
from millstream_service.store.writing.commands import Command

MAX_QUICK_EVENTS, MAX_QUICK_BYTES = 20, 16 << 10
"""More are checked in a thread."""
EVENT_BYTES = 4 << 10
"""Besides its bytes an event counts as so many with the writer, whose commits are bounded by bytes: a row with its
place in two indexes takes about the time of so many of a log. So other writes wait for 2,000 events at the most."""


class EventAppending(Appending[mcp_events.Appended, AppendMcpEventsResponse]):
    """Events of instances."""

    owner: ClassVar[str] = "instance_id"

    async def command(
        self, request: AppendMcpEventsRequest, owner_id: str, writer_id: str
    ) -> tuple[Command[mcp_events.Appended], int]:
        """Check a batch. Raises what `mcp_events_from_messages` does."""
        check = partial(mcp_events_from_messages, request.events, owner_id)
        size = request.ByteSize()
        quick = len(request.events) <= MAX_QUICK_EVENTS and size <= MAX_QUICK_BYTES
        events = check() if quick else await self.dependencies.database.lanes.run(Lane.MESSAGES, check)
        append = partial(
            mcp_events.append,
            instance_id=owner_id,
            writer_id=writer_id,
            first_entry=request.first_entry,
            events=events,
        )
        return append, size + EVENT_BYTES * len(events)

    def answer(self, result: mcp_events.Appended) -> AppendMcpEventsResponse:
        """Return the answer for a batch that is stored."""
        return AppendMcpEventsResponse(durable_entry=result.durable_entry, last_id=result.last_id)
