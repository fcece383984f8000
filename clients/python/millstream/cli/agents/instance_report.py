"""The report about one instance: for people, and as an object for scripts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from rich.text import Text

from millstream.agents.v1.instance_pb2 import Instance
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import RELATIONSHIP_TYPE_SPAWNED_REVIEW, Relationship
from millstream.cli.agents.event_text import event_text
from millstream.cli.agents.instance_row import format_number, status_text
from millstream.cli.agents.style import relationship_name, status_name, type_name
from millstream.cli.shared.json_output import as_dict
from millstream.cli.shared.printable import visible
from millstream.cli.shared.time_span import moment, when

LABEL_WIDTH = 14


class InstanceReport(NamedTuple):
    """An instance and what belongs to it; its last events, oldest first."""

    instance: Instance
    relationships: list[Relationship]
    last_events: list[McpEvent]


def report_dict(report: InstanceReport) -> dict[str, Any]:
    """Return the fields of the instance, and beside them what belongs to it."""
    return as_dict(report.instance) | {
        "relationships": [as_dict(relationship) for relationship in report.relationships],
        "last_mcp_events": [as_dict(event) for event in report.last_events],
    }


def report_lines(report: InstanceReport, now: datetime) -> Iterator[Text]:
    """Return the lines of the report. What is not known has no line."""
    instance = report.instance
    yield Text.assemble((visible(instance.id), "bold"), "  ", status_text(status_name(instance.status)))
    yield Text()
    for label, value in _facts(instance, now):
        if value:
            yield Text.assemble((label.ljust(LABEL_WIDTH), "dim"), visible(value))
    yield from _section("related", [_relation(one, instance.id) for one in report.relationships])
    yield from _section("last events", [event_text(event, now, with_instance=False) for event in report.last_events])


def _facts(instance: Instance, now: datetime) -> Iterator[tuple[str, str]]:
    yield "type", type_name(instance.type)
    yield "issue", format_number(instance.issue_number)
    yield "pull request", " ".join(part for part in (format_number(instance.pr_number), instance.pr_url) if part)
    yield "parent", instance.parent_instance_id
    yield "worktree", instance.worktree_path
    yield "branch", instance.branch_name
    yield "base", instance.base_branch
    yield "tmux", instance.tmux_session
    yield "process", str(instance.process_id or "")
    yield "created", when(moment(instance.created_at), now)
    yield "active", when(moment(instance.last_activity), now) if instance.HasField("last_activity") else ""
    yield "terminated", when(moment(instance.terminated_at), now) if instance.HasField("terminated_at") else ""
    yield "prompt", instance.system_prompt.strip().partition("\n")[0]


def _relation(relationship: Relationship, instance_id: str) -> Text:
    """`spawned review 2 → work-1-a2`, or `← work-1-a0`, as seen from the instance."""
    is_parent = relationship.parent_instance == instance_id
    arrow, other = ("→", relationship.child_instance) if is_parent else ("←", relationship.parent_instance)
    return Text.assemble((relation_text(relationship), "dim"), f" {arrow} ", visible(other))


def relation_text(relationship: Relationship) -> str:
    """`spawned review 2`, `created fork`."""
    is_review = relationship.type == RELATIONSHIP_TYPE_SPAWNED_REVIEW
    iteration = f" {relationship.review_iteration}" if is_review else ""
    return f"{relationship_name(relationship.type)}{iteration}"


def _section(heading: str, lines: list[Text]) -> Iterator[Text]:
    if lines:
        yield Text()
        yield Text(heading, style="dim")
    for line in lines:
        yield Text("  ").append_text(line)
