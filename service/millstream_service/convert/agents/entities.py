"""The entities of the coding agents: their fields, what they may hold, and the way between row and message."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus, InstanceType
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship, RelationshipType
from millstream_service.convert.fields import (
    Choice,
    Flag,
    Id,
    LongText,
    Number,
    Reference,
    Structure,
    Text,
    Texts,
    Time,
)
from millstream_service.convert.shapes import Shape, new_row, readers
from millstream_service.errors import ListTooLargeError, ValidationFailedError
from millstream_service.names import MAX_SMALL_NUMBER
from millstream_service.store.agents.tables import NEVER

LONG_BYTES = 256 << 10
"""Of instructions, of an issue's text, of metadata."""
MESSAGE_BYTES = 64 << 10
"""Of an error message, of a setting's value."""
MAX_LABELS = 100
MAX_EVENTS = 1_000
"""Of a batch: so many rows one transaction may write (see `rows.MAX_ROWS_ALONG`)."""
STATES = ("open", "closed")


@dataclass(frozen=True)
class EndTime(Time):
    """A time that lies in the future, later than any other, until it has come."""

    def from_message(self, message: Any, path: str) -> int:
        """Check the range."""
        value = super().from_message(message, path)
        return NEVER if value is None else value

    def to_message(self, value: Any, message: Any) -> None:
        """Set it, where it has come."""
        super().to_message(None if value == NEVER else value, message)


@dataclass(frozen=True)
class RepositoryPart(Id):
    """The owner or the name of a repository."""

    def from_message(self, message: Any, path: str) -> str:
        """Check it."""
        value = super().from_message(message, path)
        if "/" in value or "#" in value:
            raise ValidationFailedError(path + self.name, "must not have a / or #")
        return value


@dataclass(frozen=True)
class State:
    """Whether an issue is open."""

    name: str

    def from_message(self, message: Any, path: str) -> str:
        """Check that it is one of the two."""
        return issue_state(path + self.name, getattr(message, self.name)) or STATES[0]

    def to_message(self, value: Any, message: Any) -> None:
        """Set it."""
        setattr(message, self.name, value)


@dataclass(frozen=True)
class SettingValue(Text):
    """The value of a setting: a text, or its bytes as they are stored."""

    def to_message(self, value: Any, message: Any) -> None:
        """Set it. Raises ValueError where the bytes are no text."""
        super().to_message(value.decode() if isinstance(value, bytes) else value, message)


def issue_state(path: str, value: str) -> str:
    """Return the state of an issue, or an empty text. Raises ValidationFailedError."""
    if value not in ("", *STATES):
        raise ValidationFailedError(path, f"is neither of {' and '.join(STATES)}")
    return value


def _check_instance(row: Mapping[str, Any], prefix: str) -> None:
    has_ended = row["status"] == InstanceStatus.INSTANCE_STATUS_TERMINATED
    if not has_ended and row["terminated_at"] != NEVER:
        raise ValidationFailedError(f"{prefix}terminated_at", "is only for instances with the status TERMINATED")
    for name in ("terminated_at", "last_activity"):
        if row[name] < row["created_at"]:
            raise ValidationFailedError(f"{prefix}{name}", "is before created_at")


def _check_relationship(row: Mapping[str, Any], prefix: str) -> None:
    if not row["type"]:
        raise ValidationFailedError(f"{prefix}type", "must not be unspecified")


INSTANCE = Shape(
    Instance,
    "instance",
    "instances",
    (
        Id("id", least=0),
        Choice("type", InstanceType, InstanceType.INSTANCE_TYPE_CODING),
        Choice("status", InstanceStatus, InstanceStatus.INSTANCE_STATUS_STARTED),
        Text("worktree_path", 4096),
        Text("branch_name", 1024),
        Text("base_branch", 1024),
        Text("tmux_session"),
        Number("process_id"),
        Number("issue_number"),
        Number("pr_number"),
        Text("pr_url", 2048),
        Reference("parent_instance_id"),
        Time("created_at"),
        EndTime("terminated_at"),
        Time("last_activity"),
        LongText("system_prompt", LONG_BYTES),
        Number("agent_number", 0, MAX_SMALL_NUMBER),
    ),
    fixed=frozenset({"id", "status", "issue_number", "created_at", "terminated_at", "last_activity", "agent_number"}),
)
MCP_EVENT = Shape(
    McpEvent,
    "mcp_event",
    "mcp_events",
    (
        Number("id"),
        Id("instance_id"),
        Text("tool_name"),
        Flag("success"),
        LongText("error_message", MESSAGE_BYTES),
        Structure("metadata", LONG_BYTES),
        Text("git_commit_hash"),
        Choice("status_change", InstanceStatus),
        Flag("is_status_updating"),
        Time("timestamp"),
    ),
    fixed=frozenset(McpEvent.DESCRIPTOR.fields_by_name),
)
RELATIONSHIP = Shape(
    Relationship,
    "relationship",
    "relationships",
    (
        Number("id"),
        Id("parent_instance"),
        Id("child_instance"),
        Choice("type", RelationshipType),
        Number("review_iteration", 0, MAX_SMALL_NUMBER),
        Time("created_at"),
        Structure("metadata", LONG_BYTES),
    ),
    fixed=frozenset({"id", "parent_instance", "child_instance", "type", "created_at"}),
    check=_check_relationship,
)
GITHUB_ISSUE = Shape(
    GitHubIssue,
    "github_issue",
    "github_issues",
    (
        RepositoryPart("repo_owner"),
        RepositoryPart("repo_name"),
        Number("number", 1),
        Text("title", 1024),
        LongText("body", LONG_BYTES),
        State("state"),
        Text("assignee"),
        Texts("labels", MAX_LABELS),
        Time("created_at"),
        Time("updated_at"),
        Time("synced_at"),
    ),
    fixed=frozenset(GitHubIssue.DESCRIPTOR.fields_by_name),
)
CONFIG_ENTRY = Shape(
    ConfigEntry,
    "config_entry",
    "config_entries",
    (Id("key"), SettingValue("value"), Flag("encrypted"), Time("updated_at")),
    fixed=frozenset({"key"}),
)
SETTING = LongText("value", MESSAGE_BYTES)
"""What a setting may be set to."""

instance_to_message = INSTANCE.to_message
mcp_event_to_message = MCP_EVENT.to_message
relationship_to_message = RELATIONSHIP.to_message
github_issue_to_message = GITHUB_ISSUE.to_message
config_entry_to_message = CONFIG_ENTRY.to_message


def _read_setting(row: Mapping[str, Any]) -> None:
    CONFIG_ENTRY.to_message({**row, "value": ""} if row["encrypted"] else row)


READERS = {**readers(INSTANCE, MCP_EVENT, RELATIONSHIP, GITHUB_ISSUE), CONFIG_ENTRY.table: _read_setting}
"""What `db check` reads rows with: see contents."""


def instance_from_message(message: Instance) -> dict[str, Any]:
    """Return the row of an instance to be created; the store adds its number and id. Raises ValidationFailedError."""
    row = new_row(INSTANCE, message)
    if row["last_activity"] is None:
        row["last_activity"] = row["created_at"]
    if row["status"] == InstanceStatus.INSTANCE_STATUS_TERMINATED and row["terminated_at"] == NEVER:
        row["terminated_at"] = max(time.time_ns(), row["created_at"])
    _check_instance(row, "instance.")
    return row


def mcp_event_from_message(message: McpEvent, path: str | None = None) -> dict[str, Any]:
    """Return the row of an event to be logged; the store gives it its id. Raises ValidationFailedError."""
    row = new_row(MCP_EVENT, message, path)
    if row["timestamp"] is None:
        row["timestamp"] = time.time_ns()
    return row


def mcp_events_from_messages(messages: Sequence[McpEvent], instance_id: str) -> list[dict[str, Any]]:
    """Return the rows of a batch of events of one instance, which those that name none are given.

    Raises ListTooLargeError, MessageTooLargeError and ValidationFailedError with the path of the field at fault.
    """
    if len(messages) > MAX_EVENTS:
        raise ListTooLargeError("events", MAX_EVENTS)
    rows = []
    for index, message in enumerate(messages):
        path = f"events[{index}]"
        if message.instance_id not in ("", instance_id):
            raise ValidationFailedError(f"{path}.instance_id", "is not the instance of the batch")
        message.instance_id = instance_id
        rows.append(mcp_event_from_message(message, path))
    return rows


_KEY = (RepositoryPart("repo_owner"), RepositoryPart("repo_name"))
_NUMBER = Number("number", 1)


def repository_key(request: Any, prefix: str = "") -> str:
    """Return `owner/name`. Raises ValidationFailedError."""
    return "/".join(part.from_message(request, prefix) for part in _KEY)


def issue_key(request: Any) -> str:
    """Return `owner/name#17`. Raises ValidationFailedError."""
    return f"{repository_key(request)}#{_NUMBER.from_message(request, '')}"


def github_issue_from_message(message: GitHubIssue, path: str = "github_issue") -> dict[str, Any]:
    """Return the row of an issue. Raises ValidationFailedError."""
    row = GITHUB_ISSUE.from_message(message, path)
    now = time.time_ns()
    updated_at = now if row["updated_at"] is None else row["updated_at"]
    created_at = updated_at if row["created_at"] is None else row["created_at"]
    named = {"id": issue_key(message), "repository": repository_key(message)}
    return {**row, **named, "created_at": created_at, "updated_at": updated_at, "synced_at": now}
