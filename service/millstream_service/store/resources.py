"""What the entities have in common, declared: nine entities without nine copies."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Table

from millstream_service.store import agent_models, models

GENERATION = "generation"


@dataclass(frozen=True, eq=False)
class Resource:
    """An entity: its table, its key, what is above it, and its order in a list.

    `ancestors` are the columns with the ids of the rows above, nearest first; the first is the parent's id and may be
    changed, the others follow from it. `order` are columns, with a `-` where they fall. `listed_by` are the columns
    whose change may alter a list that the row is in. `beside` are columns with the ids of what the row belongs to
    otherwise, or NULL: changes name these as they name the ancestors.
    """

    noun: str
    table: Table
    key: str
    order: tuple[str, ...]
    parent: "Resource | None" = None
    ancestors: tuple[str, ...] = ()
    listed_by: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()

    def ordered(self, *order: str) -> "Resource":
        """Return the same, listed in another order."""
        return replace(self, order=order)

    @property
    def columns(self) -> list[Column[Any]]:
        """The columns that are anybody's business: all but `generation`."""
        return [column for column in self.table.columns if column.name != GENERATION]

    @property
    def mortal(self) -> bool:
        """Whether rows may be dead before they are gone."""
        return GENERATION in self.table.c

    @property
    def has_below(self) -> bool:
        """Whether rows of other tables are below its rows."""
        return any(self.table is upper.table for one in RESOURCES for upper in one.above)

    @property
    def above(self) -> "tuple[Resource, ...]":
        """The resources above, nearest first, in the order of `ancestors`."""
        return (self.parent, *self.parent.above) if self.parent else ()


def _table(model: type[models.Model]) -> Table:
    return model.__table__


PROJECTS = Resource("project", _table(models.Project), "bundle_identifier", order=("-created_at", "-bundle_identifier"))
SCHEMES = Resource(
    "scheme",
    _table(models.Scheme),
    "id",
    order=("order", "id"),
    parent=PROJECTS,
    ancestors=("project_bundle_identifier",),
    listed_by=frozenset({"project_bundle_identifier", "order"}),
)
BUILDS = Resource(
    "build",
    _table(models.Build),
    "id",
    order=("-created_at", "-id"),
    parent=SCHEMES,
    ancestors=("scheme_id", "project_bundle_identifier"),
    listed_by=frozenset({"scheme_id", "project_bundle_identifier", "version_string"}),
)
CRASH_LOGS = Resource(
    "crash_log",
    _table(models.CrashLog),
    "incident_identifier",
    order=("-created_at", "-incident_identifier"),
    parent=BUILDS,
    ancestors=("build_id", "scheme_id", "project_bundle_identifier"),
    listed_by=frozenset({"build_id", "scheme_id", "project_bundle_identifier"}),
)
INSTANCES = Resource(
    "instance",
    _table(agent_models.Instance),
    "id",
    order=("created_at", "id"),
    listed_by=frozenset(_table(agent_models.Instance).c.keys()),
    beside=("parent_instance_id",),
)
MCP_EVENTS = Resource(
    "mcp_event",
    _table(agent_models.McpEvent),
    "id",
    order=("-id",),
    parent=INSTANCES,
    ancestors=("instance_id",),
)
RELATIONSHIPS = Resource(
    "relationship",
    _table(agent_models.Relationship),
    "id",
    order=("id",),
    listed_by=frozenset(_table(agent_models.Relationship).c.keys()),
    beside=("parent_instance", "child_instance"),
)
GITHUB_ISSUES = Resource(
    "github_issue",
    _table(agent_models.GitHubIssue),
    "id",
    order=("number",),
    listed_by=frozenset(_table(agent_models.GitHubIssue).c.keys()),
    beside=("repository",),
)
CONFIG_ENTRIES = Resource("config", _table(agent_models.ConfigEntry), "key", order=("key",))
BUILD_RESOURCES = (PROJECTS, SCHEMES, BUILDS, CRASH_LOGS)
AGENT_RESOURCES = (INSTANCES, MCP_EVENTS, RELATIONSHIPS, GITHUB_ISSUES, CONFIG_ENTRIES)
RESOURCES = (*BUILD_RESOURCES, *AGENT_RESOURCES)
COUNTERS = _table(agent_models.Counter)
BUILD_LABELS = _table(models.BuildLabel)
CHUNKS = _table(models.BuildLogChunk)
HEADS = _table(models.BuildLogHead)
WRITERS = _table(models.BuildLogWriter)
CHANGE_LOG = _table(models.ChangeLogEntry)
DELETIONS = _table(models.Deletion)
STATE = _table(models.StoreState)
BUILD_LOGS = "build_logs"
"""The name that changes of logs go by; their key is the build's id."""
TABLES = (*(resource.table.name for resource in RESOURCES), BUILD_LOGS)
