"""StreamMcpEvents: every event, in order, once.

The cycle: read a page from the store and send it; when all is sent, wait for a commit that concerns the instance, or
for any event. The signal is cleared before each read, so what is committed meanwhile is not missed.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from millstream.agents.v1.agent_service_pb2 import StreamMcpEventsRequest, StreamMcpEventsResponse
from millstream.common.v1.position_pb2 import Position
from millstream_service.convert.agents.entities import MCP_EVENT
from millstream_service.convert.fields import identifier
from millstream_service.convert.positions import delivery_from_options
from millstream_service.convert.wire import encode_delimited
from millstream_service.errors import InvalidResumeTokenError, ValidationFailedError
from millstream_service.handlers.shared.dependencies import Dependencies
from millstream_service.handlers.shared.leaving_out import messages
from millstream_service.reactive.following import Following
from millstream_service.reactive.regions import below, listed, row
from millstream_service.reactive.signal import listening
from millstream_service.store.agents import mcp_events
from millstream_service.store.agents.tables import INSTANCES, MCP_EVENTS
from millstream_service.store.database.database import Reader
from millstream_service.store.database.lanes import Lane

_EVENTS = StreamMcpEventsResponse.MCP_EVENTS_FIELD_NUMBER


async def tail_events(dependencies: Dependencies, request: StreamMcpEventsRequest) -> AsyncIterator[bytes]:
    """Yield a tail's messages, serialized. Raises ValidationFailedError, InvalidResumeTokenError and NotFoundError."""
    instance_id = identifier("instance_id", request.instance_id) if request.HasField("instance_id") else None
    if request.after_id < 0:
        raise ValidationFailedError("after_id", f"is {request.after_id}, must be 0 or more")
    delivery = delivery_from_options(request.options)
    if delivery.resume_token:
        raise InvalidResumeTokenError
    after_id = request.after_id
    following = Following()
    with listening(dependencies.regions, _region(instance_id)) as signal:
        while True:
            signal.clear()
            query = partial(_read, instance_id=instance_id, after_id=after_id)
            message, after_id, more = await following.read(partial(dependencies.database.read, query, Lane.PAGES))
            if message:
                yield message
            if not more:
                if message and delivery.min_interval:
                    await asyncio.sleep(delivery.min_interval)
                await signal.wait()


def _region(instance_id: str | None) -> tuple[str, ...]:
    if instance_id is None:
        return (listed(MCP_EVENTS.table.name),)
    return below(MCP_EVENTS.table.name, instance_id), row(INSTANCES.table.name, instance_id)


def _read(connection: Reader, instance_id: str | None, after_id: int) -> tuple[bytes, int, bool]:
    """Return the next message (none: nothing, where there is no event), its last id, and whether there is more."""
    page = mcp_events.tail(connection, instance_id, after_id)
    if not page.events:
        return b"", page.last_id, page.more
    head = StreamMcpEventsResponse(position=Position(revision=page.revision), last_id=page.last_id)
    events = (encode_delimited(_EVENTS, event.SerializeToString()) for event in messages(MCP_EVENT, page.events))
    return b"".join((head.SerializeToString(), *events)), page.last_id, page.more
