"""`millstream agents events`: what instances did, and what they do now."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Argument, Option
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.agents.v1.mcp_event_pb2 import McpEvent


def events_command(
    instance: Annotated[
        str | None, Argument(metavar="INSTANCE", help="The id of an instance. Default: all instances.")
    ] = None,
    follow: Annotated[bool, Option("--follow", "-f", help="Print new events as they are logged.")] = False,
    limit: Annotated[int, Option(metavar="N", min=0, max=1_000, help="Start with the last N events.")] = 100,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Print what instances did, the last event last.

    With --follow it continues until Ctrl-C, or until the instance is deleted.
    """
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        events = last_events(client, instance, limit)
        if json and not follow:
            from millstream.cli.shared.json_output import json_array
            from millstream.cli.shared.terminal import put_line

            put_line(json_array(events))
            return
        put_events(events, json=json)
        if follow:
            after = max((event.id for event in events), default=0) if limit else newest_id(client, instance)
            for event in client.agents.tail_mcp_events(instance, after):
                put_events((event,), json=json)


def last_events(client: "Client", instance: str | None, limit: int) -> "list[McpEvent]":
    """Return the last events of an instance, or of all, in the order in which they were logged."""
    if not limit:
        return []
    if instance is None:
        found = client.agents.list_recent_mcp_events(page_size=limit)
    else:
        found = client.agents.list_mcp_events(instance, page_size=limit)
    return sorted(islice(found, limit), key=lambda event: event.id)


def newest_id(client: "Client", instance: str | None) -> int:
    """Return the id of the newest event, 0 where there is none.

    The last events of all instances are the last by their times, which their loggers may set: look at some.
    """
    return max((event.id for event in last_events(client, instance, 100)), default=0)


def put_events(events: "Iterable[McpEvent]", *, json: bool) -> None:
    """Print a line for each: an object, plain text for a pipe, colours for a terminal."""
    from millstream.cli.agents.event_text import event_line, event_text
    from millstream.cli.shared.json_output import json_line
    from millstream.cli.shared.terminal import is_terminal, put_line, stdout_console

    console = stdout_console() if is_terminal() and not json else None
    for event in events:
        if console is not None:
            console.print(event_text(event, datetime.now(UTC)), soft_wrap=True)
        else:
            put_line(json_line(event) if json else event_line(event))
    sys.stdout.flush()
