"""Writing what an instance does: events go out in batches, and again after a break until they are durable."""

import asyncio
from collections.abc import Callable, Iterable

from millstream.agents.event_buffer import EventBuffer, check_event_size
from millstream.agents.v1.agent_service_pb2 import AppendMcpEventsResponse
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.log_writing.entry_writer import AsyncEntryWriter
from millstream.log_writing.sender import AppendRpc
from millstream.transport.connection import Connection
from millstream.transport.identifiers import new_id

_APPEND = AppendRpc("/millstream.agents.v1.AgentService/AppendMcpEvents", AppendMcpEventsResponse.FromString)


class AsyncEventWriter(AsyncEntryWriter):
    """Logs what an instance does. `async with client.agents.event_writer(id) as log: await log.write(McpEvent(…))`.

    An event is sent within about 20 ms, by the client's event loop; any thread may write to a blocking client's
    writer. At most 8 MiB of events wait here; `write` then waits for room. A service that is away is waited for without
    end (`flush` and `close` have timeouts). What it refuses for good, as for an instance that does not exist or a name
    that is too long, is raised by the next `write`, `flush` or `close`.

    The service knows a writer by `writer_id` and each of its events by its number, from `first_entry` on: an event that
    is sent twice is logged once. To go on with an earlier writer's count, give both.
    """

    instance_id: str
    """The id of the instance whose events this writes."""

    buffer: EventBuffer
    """The events that are not durable yet."""

    def __init__(
        self,
        connection: Connection,
        instance_id: str,
        writer_id: str | None = None,
        first_entry: int = 1,
        *,
        on_end: Callable[["AsyncEventWriter"], object] = lambda _: None,
    ) -> None:
        writer_id = writer_id or new_id()
        buffer = EventBuffer(instance_id, writer_id, first_entry, self._wake_sender)
        super().__init__(connection, _APPEND, writer_id, buffer, on_end)
        self.instance_id = instance_id

    async def write(self, event: McpEvent) -> int:
        """Write a copy of an event; without a time it is one of now. Returns its number. It needs no `instance_id`.

        Waits only where there is no room. Raises MessageTooLargeError (an error message over 64 KiB, metadata over
        256 KiB), ValueError (an event of another instance, or metadata nested too deeply), and what the service refused
        earlier events for.
        """
        number = self.buffer.add(event)
        while not number:
            await self.wait_for_room(check_event_size(event))
            number = self.buffer.add(event)
        if number == self.buffer.sealed_entry:
            await asyncio.sleep(0)  # let the batch go: a writer in a tight loop would keep all to itself
        return number

    async def write_many(self, events: Iterable[McpEvent]) -> int:
        """Write some events. Returns the number of the last one."""
        for event in events:
            await self.write(event)
        return self.last_entry
