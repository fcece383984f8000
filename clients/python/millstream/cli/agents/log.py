"""`millstream agents log`: events from stdin, a JSON object a line."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, BinaryIO

from millstream.cli.shared.declared import Argument
from millstream.cli.shared.options import AddressOption, DatabaseOption

if TYPE_CHECKING:
    from millstream import McpEvent

MAX_LINE_BYTES = 4 << 20
"""Of JSON: an event has at most 384 KiB, and a character of it may take some bytes there."""


def log_command(
    instance: Annotated[str, Argument(metavar="INSTANCE", help="The id of the instance that did it.")],
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Log what an instance did: events from stdin, one JSON object per line.

    The objects are those of 'millstream agents events --json'; ids may be missing, and so may the time: then it is now.
    Exits with 2 at a line that is no event of the instance, once those before it are logged.
    """
    from millstream.cli.shared.errors import BadUsageError
    from millstream.local.finding import open_client

    if sys.stdin is None:
        raise BadUsageError("there are no events: stdin is closed")
    with open_client(address, db) as client, client.agents.event_writer(instance) as log:
        for event in read_events(sys.stdin.buffer, instance):
            log.write(event)


def read_events(lines: BinaryIO, instance: str) -> "Iterator[McpEvent]":
    """Yield the event of each line that is not empty. Raises BadUsageError with the number of one that has none."""
    from millstream.cli.shared.errors import BadUsageError

    number = 0
    while line := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        if line.strip():
            try:
                yield _event(line, instance)
            except ValueError as error:
                raise BadUsageError(f"line {number} is no event of {instance}: {error}") from error


def _event(line: bytes, instance: str) -> "McpEvent":
    """Return the event of a line. Raises ValueError."""
    import json

    from google.protobuf.json_format import ParseDict, ParseError

    from millstream import McpEvent

    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"it has over {MAX_LINE_BYTES:,} bytes")
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError("it is no object")
        event = ParseDict(value, McpEvent())
    except (ParseError, RecursionError) as error:
        raise ValueError(str(error).splitlines()[0]) from error
    if event.instance_id not in ("", instance):
        raise ValueError(f"it is of {event.instance_id}")
    return event
