"""How far the tail of events has come."""

from millstream.agents.v1.agent_service_pb2 import StreamMcpEventsRequest, StreamMcpEventsResponse
from millstream.agents.v1.mcp_event_pb2 import McpEvent


class EventCursor:
    """How far a tail has come, and what is new in a message."""

    def __init__(self, request: StreamMcpEventsRequest) -> None:
        self._request = request

    def reopen(self) -> None:
        """Get ready for the messages of a new call: the request says already where it begins."""

    def take(self, response: StreamMcpEventsResponse) -> list[McpEvent]:
        """Return the events that were not there before."""
        after_id = self._request.after_id
        self._request.after_id = max(after_id, response.last_id, *(event.id for event in response.mcp_events))
        return [event for event in response.mcp_events if event.id > after_id]
