"""The events that an event writer has taken and the service has not yet stored."""

from collections.abc import Callable
from typing import Any, ClassVar

from google.protobuf.message import DecodeError

from millstream.agents.v1.agent_service_pb2 import AppendMcpEventsRequest
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.log_writing.entry_buffer import EntryBuffer, check_size, set_time

MAX_ERROR_BYTES, MAX_METADATA_BYTES = 64 * 1024, 256 * 1024
# What an event takes besides its own bytes: its tag and length, and the time that it is given.
ENTRY_BYTES = 20
# Smaller events are not nested more deeply than protobuf's parsers go.
_FLAT_BYTES = 200


class EventBuffer(EntryBuffer):
    """Events of an instance."""

    noun: ClassVar[str] = "events"
    writer: ClassVar[str] = "event writer"

    def __init__(self, instance_id: str, writer_id: str, first_entry: int, on_change: Callable[[], None]) -> None:
        header = AppendMcpEventsRequest(instance_id=instance_id, writer_id=writer_id)
        super().__init__(header, "events", first_entry, on_change)

    def add(self, event: McpEvent) -> int:
        """Add a copy of an event; without a time it is one of now. Returns its number, or 0 where there is no room.

        Raises MessageTooLargeError, ValueError (of another instance, nested too deeply), and the error that the buffer
        failed with.
        """
        instance_id = self._header.instance_id
        if event.instance_id not in ("", instance_id):
            raise ValueError(f"this writes events of {instance_id}, not of {event.instance_id}")
        return self._add(check_event_size(event), event)

    def _append(self, entries: Any, *values: Any) -> None:
        entry = entries.add()
        entry.CopyFrom(values[0])
        entry.ClearField("id")
        entry.ClearField("instance_id")
        if not entry.HasField("timestamp"):
            set_time(entry.timestamp)


def check_event_size(event: McpEvent) -> int:
    """Return about how many bytes an event takes. Raises MessageTooLargeError, ValueError."""
    size = event.ByteSize()
    if size > _FLAT_BYTES and event.HasField("metadata"):
        _check_depth(event)
    if size > MAX_ERROR_BYTES:
        check_size("an error message", len(event.error_message.encode()), MAX_ERROR_BYTES)
        check_size("metadata", event.metadata.ByteSize(), MAX_METADATA_BYTES)
    return size + ENTRY_BYTES


def _check_depth(event: McpEvent) -> None:
    """Raise ValueError where no service could read a batch with this event."""
    batch = AppendMcpEventsRequest()
    batch.events.add().CopyFrom(event)
    try:
        AppendMcpEventsRequest.FromString(batch.SerializeToString())
    except DecodeError as error:
        raise ValueError("the metadata is nested too deeply") from error
