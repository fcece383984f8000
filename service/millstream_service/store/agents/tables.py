"""The tables of the coding agents, and what they are to the parts that all domains share.

Times and enums as in `models`; structs are serialized, as they go over the wire.

A list of instances is ordered by one of three times and may be filtered: there is an index for each filter and time, so
that a page of any list is found in its order.
"""

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer

from millstream_service.store.engines.soundness import CheckedBytes, from_zero, within
from millstream_service.store.schema.declaring import Mapped, mapped_column
from millstream_service.store.schema.models import Model, Mortal
from millstream_service.store.schema.resources import Resource

_COUNTED = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite's own row number: it has 64 bits, and needs no index."""
NEVER = 2**63 - 1
"""The `terminated_at` of an instance that has not terminated: so that it comes after all that have."""
INSTANCE_TIMES = ("created_at", "last_activity", "terminated_at")
"""What instances can be ordered by."""
_FILTERS = {"": (), "_status": ("type", "status"), "_issue": ("issue_number",), "_parent": ("parent_instance_id",)}


def _instance_indexes() -> list[Index]:
    return [
        Index(f"ix_instances_by_{time}{name}", *columns, time, "id")
        for time in INSTANCE_TIMES
        for name, columns in _FILTERS.items()
    ]


class Instance(Mortal, Model):
    """A coding agent at work."""

    __tablename__ = "instances"
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[int] = mapped_column(Integer, info=within(range(1, 4)))
    status: Mapped[int] = mapped_column(Integer, info=within(range(1, 7)))
    worktree_path: Mapped[str]
    branch_name: Mapped[str]
    base_branch: Mapped[str]
    tmux_session: Mapped[str]
    process_id: Mapped[int] = mapped_column(info=from_zero())
    issue_number: Mapped[int] = mapped_column(info=from_zero())
    pr_number: Mapped[int] = mapped_column(info=from_zero())
    pr_url: Mapped[str]
    parent_instance_id: Mapped[str | None] = mapped_column(ForeignKey("instances.id", ondelete="SET NULL"))
    created_at: Mapped[int]
    terminated_at: Mapped[int]
    last_activity: Mapped[int]
    system_prompt: Mapped[str]
    agent_number: Mapped[int] = mapped_column(Integer, info=from_zero(2**31))
    __table_args__ = (
        *_instance_indexes(),
        Index("ix_instances_agent_number", "issue_number", "agent_number", unique=True),
    )


class McpEvent(Mortal, Model):
    """Something that an instance did."""

    __tablename__ = "mcp_events"
    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True, autoincrement=False, info=from_zero())
    instance_id: Mapped[str] = mapped_column(ForeignKey("instances.id", ondelete="CASCADE"))
    tool_name: Mapped[str]
    success: Mapped[bool]
    error_message: Mapped[str]
    event_metadata: Mapped[bytes | None] = mapped_column("metadata", CheckedBytes)
    git_commit_hash: Mapped[str]
    status_change: Mapped[int] = mapped_column(Integer, info=from_zero(7))
    is_status_updating: Mapped[bool]
    timestamp: Mapped[int]
    __table_args__ = (
        Index("ix_mcp_events_of_instance", "instance_id", "id"),
        Index("ix_mcp_events_by_time", "timestamp", "id"),
    )


class McpEventWriter(Model):
    """How far a writer has come in its own count."""

    __tablename__ = "mcp_event_writers"
    instance_id: Mapped[str] = mapped_column(ForeignKey("instances.id", ondelete="CASCADE"), primary_key=True)
    writer_id: Mapped[str] = mapped_column(primary_key=True)
    last_entry: Mapped[int] = mapped_column(info=from_zero())


class Relationship(Model):
    """How one instance came from another."""

    __tablename__ = "relationships"
    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True, autoincrement=False, info=from_zero())
    parent_instance: Mapped[str] = mapped_column(ForeignKey("instances.id", ondelete="CASCADE"))
    child_instance: Mapped[str] = mapped_column(ForeignKey("instances.id", ondelete="CASCADE"))
    type: Mapped[int] = mapped_column(Integer, info=within(range(1, 4)))
    review_iteration: Mapped[int] = mapped_column(Integer, info=from_zero(2**31))
    created_at: Mapped[int]
    relationship_metadata: Mapped[bytes | None] = mapped_column("metadata", CheckedBytes)
    __table_args__ = (
        Index("ix_relationships_unique", "parent_instance", "child_instance", "type", unique=True),
        Index("ix_relationships_of_parent", "parent_instance", "id"),
        Index("ix_relationships_of_child", "child_instance", "id"),
        Index("ix_relationships_rounds", "parent_instance", "type", "review_iteration"),
    )


class GitHubIssue(Model):
    """An issue of a GitHub repository."""

    __tablename__ = "github_issues"
    id: Mapped[str] = mapped_column(primary_key=True)
    """`owner/name#17`."""
    repository: Mapped[str]
    """`owner/name`."""
    repo_owner: Mapped[str]
    repo_name: Mapped[str]
    number: Mapped[int] = mapped_column(info=from_zero())
    title: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(info=within(("open", "closed")))
    assignee: Mapped[str]
    labels: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[int]
    updated_at: Mapped[int]
    synced_at: Mapped[int]
    __table_args__ = (
        Index("ix_github_issues_of_repository", "repository", "number"),
        Index("ix_github_issues_of_state", "repository", "state", "number"),
    )


class ConfigEntry(Model):
    """A setting."""

    __tablename__ = "config_entries"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(CheckedBytes)
    """UTF-8, or what the vault made of it."""
    encrypted: Mapped[bool]
    updated_at: Mapped[int]
    seal: Mapped[bytes | None]
    """The vault's, where the store has a key."""


EVENT_WRITERS = McpEventWriter.__table__

INSTANCES = Resource(
    "instance",
    Instance.__table__,
    "id",
    order=("created_at", "id"),
    listed_by=frozenset(Instance.__table__.c.keys()),
    beside=("parent_instance_id",),
    writers=EVENT_WRITERS,
)
MCP_EVENTS = Resource(
    "mcp_event",
    McpEvent.__table__,
    "id",
    order=("-id",),
    parent=INSTANCES,
    ancestors=("instance_id",),
    large=("metadata",),
    counted=True,
)
RELATIONSHIPS = Resource(
    "relationship",
    Relationship.__table__,
    "id",
    order=("id",),
    listed_by=frozenset(Relationship.__table__.c.keys()),
    beside=("parent_instance", "child_instance"),
    counted=True,
)
GITHUB_ISSUES = Resource(
    "github_issue",
    GitHubIssue.__table__,
    "id",
    order=("number",),
    listed_by=frozenset(GitHubIssue.__table__.c.keys()),
    beside=("repository",),
)
CONFIG_ENTRIES = Resource("config", ConfigEntry.__table__, "key", order=("key",))
RESOURCES = (INSTANCES, MCP_EVENTS, RELATIONSHIPS, GITHUB_ISSUES, CONFIG_ENTRIES)
