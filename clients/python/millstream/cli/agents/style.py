"""What instances, and what they do, look like."""

from enum import StrEnum
from typing import cast

from millstream.agents.v1.instance_pb2 import InstanceStatus, InstanceType
from millstream.agents.v1.relationship_pb2 import RelationshipType


class InstanceTypeName(StrEnum):
    """A type as it is typed and read."""

    CODING = "coding"
    REVIEW = "review"
    PLANNING = "planning"

    @property
    def value_on_wire(self) -> InstanceType:
        """The protos' value."""
        return cast("InstanceType", InstanceType.Value(f"INSTANCE_TYPE_{self.name}"))


class InstanceStatusName(StrEnum):
    """A status as it is typed and read."""

    STARTED = "started"
    WAITING_REVIEW = "waiting_review"
    PR_CREATED = "pr_created"
    PR_MERGED = "pr_merged"
    PR_CLOSED = "pr_closed"
    TERMINATED = "terminated"

    @property
    def value_on_wire(self) -> InstanceStatus:
        """The protos' value."""
        return cast("InstanceStatus", InstanceStatus.Value(f"INSTANCE_STATUS_{self.name}"))


STATUS_STYLE = {
    "started": "cyan",
    "waiting_review": "yellow",
    "pr_created": "blue",
    "pr_merged": "green",
    "pr_closed": "magenta",
    "terminated": "dim",
}
STATUS_SIGN = {
    "started": "●",
    "waiting_review": "○",
    "pr_created": "◆",
    "pr_merged": "✓",
    "pr_closed": "✗",
    "terminated": "■",
}

_TYPE_NAMES = {int(value): name.removeprefix("INSTANCE_TYPE_").lower() for name, value in InstanceType.items()}
_STATUS_NAMES = {int(value): name.removeprefix("INSTANCE_STATUS_").lower() for name, value in InstanceStatus.items()}
_RELATIONSHIP_NAMES = {
    int(value): name.removeprefix("RELATIONSHIP_TYPE_").lower().replace("_", " ")
    for name, value in RelationshipType.items()
}


def type_name(value: InstanceType) -> str:
    """Return `coding` for INSTANCE_TYPE_CODING; a value from a newer service as its number."""
    return _TYPE_NAMES.get(value, str(value))


def status_name(value: InstanceStatus) -> str:
    """Return `pr_created` for INSTANCE_STATUS_PR_CREATED; a value from a newer service as its number."""
    return _STATUS_NAMES.get(value, str(value))


def relationship_name(value: RelationshipType) -> str:
    """Return `spawned review` for RELATIONSHIP_TYPE_SPAWNED_REVIEW; a value from a newer service as its number."""
    return _RELATIONSHIP_NAMES.get(value, str(value))
