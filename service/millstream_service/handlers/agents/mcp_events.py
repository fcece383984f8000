"""The RPCs of events."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream_service.convert.agents.entities import MCP_EVENT, mcp_event_from_message, mcp_event_to_message
from millstream_service.convert.fields import identifier, nanoseconds
from millstream_service.handlers.agents.event_appending import EventAppending
from millstream_service.handlers.agents.event_tail import tail_events
from millstream_service.handlers.shared.appending import Batches, append_batches
from millstream_service.handlers.shared.reading import Found, Reading
from millstream_service.handlers.shared.storing import Storing
from millstream_service.security.caller import Caller
from millstream_service.store.agents import mcp_events
from millstream_service.store.database.database import Reader
from millstream_service.store.entities.rows import Row


class McpEventCalls(Storing, Reading):
    """Log, append, list and tail events."""

    async def LogMcpEvent(self, request: pb.LogMcpEventRequest, _caller: Caller) -> pb.LogMcpEventResponse:
        """Log an event."""
        command = partial(mcp_events.log, values=mcp_event_from_message(request.mcp_event))
        return await self._store(command, lambda row: pb.LogMcpEventResponse(mcp_event=mcp_event_to_message(row)))

    def AppendMcpEvents(self, requests: Batches, _caller: Caller) -> AsyncIterator[pb.AppendMcpEventsResponse]:
        """Log events in batches."""
        return append_batches(requests, EventAppending(self.dependencies))

    async def ListMcpEvents(self, request: pb.ListMcpEventsRequest, caller: Caller) -> bytes:
        """List the events of an instance."""
        instance_id = identifier("instance_id", request.instance_id)

        def find(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found[Row]:
            return mcp_events.of_instance(connection, instance_id, after, limit)

        return await self._page(MCP_EVENT, request, caller, find, pb.ListMcpEventsResponse)

    async def ListRecentMcpEvents(self, request: pb.ListRecentMcpEventsRequest, caller: Caller) -> bytes:
        """List the events of a time or later."""
        since = nanoseconds("since", request.since) if request.HasField("since") else None

        def find(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found[Row]:
            return mcp_events.recent(connection, since, after, limit)

        return await self._page(MCP_EVENT, request, caller, find, pb.ListRecentMcpEventsResponse)

    def StreamMcpEvents(self, request: pb.StreamMcpEventsRequest, _caller: Caller) -> AsyncIterator[bytes]:
        """Send every event."""
        return tail_events(self.dependencies, request)
