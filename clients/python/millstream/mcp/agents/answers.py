"""What tools answer about instances and what they do."""

from typing import Any

from google.protobuf.json_format import MessageToDict
from pydantic import Field

from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_UNSPECIFIED, Instance
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.cli.agents.style import relationship_name, status_name, type_name
from millstream.mcp.shared.answer import Answer
from millstream.mcp.shared.redaction import Bounds, clip, fit_to_keep

EVENT_METADATA = Bounds(text=600, elements=40, depth=8, total=12 << 10)
"""More than is kept of a call, so that it is shown whole."""
EVENT_ERROR = 2_100


class InstanceAnswer(Answer):
    """A coding agent at work. What is not known is left out."""

    id: str
    type: str = Field(description="coding, review or planning.")
    status: str = Field(
        description="started, waiting_review, pr_created, pr_merged, pr_closed or terminated, which is final."
    )
    issue_number: int | None = None
    agent_number: int = Field(description="Its number among the instances of its issue.")
    worktree_path: str | None = None
    branch_name: str | None = None
    base_branch: str | None = None
    tmux_session: str | None = None
    process_id: int | None = None
    pr_number: int | None = None
    pr_url: str | None = None
    parent_instance_id: str | None = Field(default=None, description="The instance that started it.")
    created_at: str
    last_activity: str
    terminated_at: str | None = None


class RegisteredAnswer(InstanceAnswer):
    """A coding agent that was registered just now."""

    resume_token: str = Field(description="A secret, given only once: resume_instance takes it after a restart.")


class RelationshipAnswer(Answer):
    """How one instance came from another."""

    parent_instance: str
    child_instance: str
    type: str
    review_iteration: int | None = None


class InstanceDetail(Answer):
    """An instance and how it is related to others."""

    instance: InstanceAnswer
    is_own: bool = Field(description="Whether this session is registered as it.")
    relationships: list[RelationshipAnswer]


class Sibling(InstanceAnswer):
    """An instance that works beside another one."""

    shares: list[str] = Field(description="What they have in common: parent, issue.")


class SiblingList(Answer):
    """The instances that work beside another one, the last active first."""

    instance_id: str
    siblings: list[Sibling]
    more: bool = Field(description="Whether there are more.")


class EventAnswer(Answer):
    """Something that an instance did."""

    id: int
    instance_id: str
    tool_name: str | None = Field(default=None, description="The tool that was called; absent: a change of status.")
    success: bool
    error_message: str | None = None
    metadata: dict[str, Any] | None = None
    git_commit_hash: str | None = None
    status_change: str | None = Field(default=None, description="The status that it gave the instance.")
    timestamp: str


class EventList(Answer):
    """What an instance did, the last first."""

    instance_id: str
    events: list[EventAnswer]
    more: bool = Field(description="Whether there are more.")


def instance_fields(instance: Instance) -> dict[str, Any]:
    """Return the answer about an instance, without its instructions."""
    return {
        "id": instance.id,
        "type": type_name(instance.type),
        "status": status_name(instance.status),
        "issue_number": instance.issue_number or None,
        "agent_number": instance.agent_number,
        "worktree_path": instance.worktree_path or None,
        "branch_name": instance.branch_name or None,
        "base_branch": instance.base_branch or None,
        "tmux_session": instance.tmux_session or None,
        "process_id": instance.process_id or None,
        "pr_number": instance.pr_number or None,
        "pr_url": instance.pr_url or None,
        "parent_instance_id": instance.parent_instance_id or None,
        "created_at": instance.created_at.ToJsonString(),
        "last_activity": instance.last_activity.ToJsonString(),
        "terminated_at": instance.terminated_at.ToJsonString() if instance.HasField("terminated_at") else None,
    }


def instance_answer(instance: Instance) -> InstanceAnswer:
    """Return the answer about an instance."""
    return InstanceAnswer(**instance_fields(instance))


def relationship_answer(relationship: Relationship) -> RelationshipAnswer:
    """Return the answer about a relationship."""
    return RelationshipAnswer(
        parent_instance=relationship.parent_instance,
        child_instance=relationship.child_instance,
        type=relationship_name(relationship.type),
        review_iteration=relationship.review_iteration or None,
    )


def event_answer(event: McpEvent) -> EventAnswer:
    """Return the answer about an event, its long parts clipped."""
    metadata = MessageToDict(event.metadata) if event.HasField("metadata") else None
    has_status = event.status_change != INSTANCE_STATUS_UNSPECIFIED
    return EventAnswer(
        id=event.id,
        instance_id=event.instance_id,
        tool_name=event.tool_name or None,
        success=event.success,
        error_message=clip(event.error_message, EVENT_ERROR) or None,
        metadata=None if metadata is None else fit_to_keep(metadata, EVENT_METADATA),
        git_commit_hash=event.git_commit_hash or None,
        status_change=status_name(event.status_change) if has_status else None,
        timestamp=event.timestamp.ToJsonString(),
    )
