"""What an instance did, in a line."""

from datetime import UTC, datetime

from rich.text import Text

from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_UNSPECIFIED
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.cli.agents.style import STATUS_STYLE, status_name
from millstream.cli.shared.columns import one_line
from millstream.cli.shared.printable import visible
from millstream.cli.shared.time_span import clock, moment


def event_text(event: McpEvent, now: datetime, *, with_instance: bool = True) -> Text:
    """`08:55:58  work-1-a1  create_pr  ✗ no such branch`."""
    who = f"{visible(event.instance_id)}  " if with_instance else ""
    return Text.assemble(
        (f"{clock(moment(event.timestamp), now)}  ", "dim"),
        (who, "bold"),
        one_line(_what(event)),
        "  ",
        _outcome(event),
    )


def event_line(event: McpEvent) -> str:
    """`2026-11-21T08:55:58.123Z work-1-a1 create_pr failed no such branch`: fields without spaces, then the rest."""
    time = moment(event.timestamp).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    outcome = "ok" if event.success else "failed"
    rest = one_line(event.error_message) if event.error_message else ""
    who, what = (one_line(text).replace(" ", "_") for text in (event.instance_id, _what(event)))
    return " ".join(field for field in (time, who, what, outcome, _status(event), rest) if field)


def _what(event: McpEvent) -> str:
    return event.tool_name or ("status" if _status(event) else "")


def _status(event: McpEvent) -> str:
    return "" if event.status_change == INSTANCE_STATUS_UNSPECIFIED else f"->{status_name(event.status_change)}"


def _outcome(event: McpEvent) -> Text:
    outcome = Text("✓", style="green") if event.success else Text("✗", style="bold red")
    if event.status_change != INSTANCE_STATUS_UNSPECIFIED:
        status = status_name(event.status_change)
        outcome.append(f" → {status}", STATUS_STYLE.get(status, ""))
    if event.error_message:
        outcome.append(f" {one_line(event.error_message)}", "red")
    return outcome
