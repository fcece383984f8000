"""Which tools there are, and what each may do."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from millstream.mcp.agents.event_tools import EventTools
from millstream.mcp.agents.instance_tools import InstanceTools
from millstream.mcp.builds.tools import BuildTools
from millstream.mcp.crash.tools import CrashTools
from millstream.mcp.logs.tools import LogTools
from millstream.mcp.shared.answer import Answer
from millstream.mcp.shared.session import Session

# Nothing but this machine's record is read or written: no tool reaches out into an open world.
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
SETS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class Offer(NamedTuple):
    """A tool, its title for people, and what it may do."""

    call: Callable[..., Awaitable[Answer]]
    title: str
    annotations: ToolAnnotations


def offers(session: Session) -> Iterator[Offer]:
    """Yield all tools of a session, in the order that clients list them in."""
    builds, logs, crashes = BuildTools(session), LogTools(session), CrashTools(session)
    instances, events = InstanceTools(session), EventTools(session)
    yield Offer(builds.find_failed_build, "Find the last failed build", READS)
    yield Offer(builds.get_build, "Show a build", READS)
    yield Offer(builds.list_builds, "List builds", READS)
    yield Offer(builds.list_projects, "List projects", READS)
    yield Offer(logs.read_build_log, "Read a build's log", READS)
    yield Offer(logs.search_build_logs, "Search logs", READS)
    yield Offer(crashes.list_crash_reports, "List crash reports", READS)
    yield Offer(crashes.read_crash_report, "Read a crash report", READS)
    yield Offer(instances.register_instance, "Register as an instance", ADDS)
    yield Offer(instances.resume_instance, "Resume an instance", SETS)
    yield Offer(instances.get_instance, "Show an instance", READS)
    yield Offer(instances.update_instance, "Update the instance", SETS)
    yield Offer(instances.update_instance_status, "Change the status", ADDS)
    yield Offer(events.log_event, "Log an event", ADDS)
    yield Offer(events.list_events, "List events", READS)
    yield Offer(events.list_siblings, "List siblings", READS)


def add_tools(server: MCPServer[dict[str, Any]], session: Session) -> None:
    """Add all tools to the server."""
    for offer in offers(session):
        server.add_tool(
            offer.call,
            title=offer.title,
            description=_description(offer.call),
            annotations=offer.annotations,
            structured_output=True,
        )


def _description(call: Callable[..., Awaitable[Answer]]) -> str:
    return inspect.cleandoc(call.__doc__ or "")
