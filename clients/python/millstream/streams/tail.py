"""Streams that deliver everything, in order, once: the lines of a log, what instances did, the commits of the store.

All go on by themselves after a break, from the last thing received, and hand out nothing twice. They read no further
than their consumer: the service holds what is not yet read.
"""

from collections.abc import AsyncGenerator

from millstream.agents.v1.agent_service_pb2 import StreamMcpEventsRequest
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest, TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_DEBUG, BUILD_LOG_LEVEL_UNSPECIFIED, BuildLog
from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream.errors import MillstreamError
from millstream.streams.reopening import Reopening
from millstream.transport.connection import Connection


class TailCursor:
    """How far a tail has come, and what is new in a message."""

    def __init__(self, request: TailBuildLogsRequest) -> None:
        self.last_seq = request.after_seq
        self._is_whole = _is_unfiltered(request)
        self._at_start = True

    def reopen(self) -> None:
        """Get ready for the messages of a new call."""
        self._at_start = True

    def take(self, response: TailBuildLogsResponse) -> list[BuildLog] | None:
        """Return the lines that were not there before; None where lines are missing before them.

        Numbers are missing, too, where lines were deleted. So what a call begins with is believed; a hole later on
        is asked about once more, by a new call from the last line received.
        """
        lines = [line for line in response.build_logs if line.seq > self.last_seq]
        if self._is_whole and not self._at_start and self._leaves_out(lines):
            return None
        self._at_start = False
        self.last_seq = max(self.last_seq, response.last_seq, lines[-1].seq if lines else 0)
        return lines

    def _leaves_out(self, lines: list[BuildLog]) -> bool:
        return bool(lines) and lines[0].seq != self.last_seq + 1


def _is_unfiltered(request: TailBuildLogsRequest) -> bool:
    if request.HasField("category"):
        return False
    if request.min_level == BUILD_LOG_LEVEL_UNSPECIFIED:
        return request.include_debug
    return request.min_level == BUILD_LOG_LEVEL_DEBUG


async def tail_batches(connection: Connection, request: TailBuildLogsRequest) -> AsyncGenerator[list[BuildLog], None]:
    """Yield the lines of a log as they come, some at a time: no gap, no repeat. Ends where the service ends it."""
    cursor = TailCursor(request)
    reopening = Reopening(connection.retry)
    while True:
        failure: MillstreamError | None = None
        request.after_seq = cursor.last_seq
        cursor.reopen()
        messages = connection.stream(lambda: connection.backend.TailBuildLogs, request)
        try:
            async for response in messages:
                lines = cursor.take(response)
                if lines is None:
                    break
                reopening.progressed()
                if lines:
                    yield lines
            else:
                return
        except MillstreamError as error:
            failure = error
        finally:
            await messages.aclose()
        await reopening.after(failure)


async def follow_changes(
    connection: Connection, request: StreamChangesRequest
) -> AsyncGenerator[StreamChangesResponse, None]:
    """Yield the commits after `after_revision`, in order, each once, without end."""
    reopening = Reopening(connection.retry)
    while True:
        failure: MillstreamError | None = None
        messages = connection.stream(lambda: connection.changes.StreamChanges, request)
        try:
            async for response in messages:
                reopening.progressed()
                if response.revision > request.after_revision:
                    request.after_revision, request.store_id = response.revision, response.store_id
                    yield response
        except MillstreamError as error:
            failure = error
        finally:
            await messages.aclose()
        await reopening.after(failure)


async def tail_events(connection: Connection, request: StreamMcpEventsRequest) -> AsyncGenerator[McpEvent, None]:
    """Yield the events after `after_id`, in order, each once, without end."""
    reopening = Reopening(connection.retry)
    while True:
        failure: MillstreamError | None = None
        messages = connection.stream(lambda: connection.agents.StreamMcpEvents, request)
        try:
            async for response in messages:
                reopening.progressed()
                for event in response.mcp_events:
                    if event.id > request.after_id:
                        request.after_id = event.id
                        yield event
                request.after_id = max(request.after_id, response.last_id)
        except MillstreamError as error:
            failure = error
        finally:
            await messages.aclose()
        await reopening.after(failure)
