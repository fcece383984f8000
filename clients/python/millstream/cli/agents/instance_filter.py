"""Which instances are asked for."""

from typing import Any, NamedTuple

from millstream.agents.v1.instance_pb2 import InstanceStatus, InstanceType


class InstanceFilter(NamedTuple):
    """What an instance must be to be shown, and how many are. Empty or None: anything."""

    types: tuple[InstanceType, ...]
    statuses: tuple[InstanceStatus, ...]
    issue_number: int | None
    parent_instance: str | None
    limit: int

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.types or self.statuses) or self.issue_number is not None or self.parent_instance is not None

    def as_arguments(self) -> dict[str, Any]:
        """Return it as a client's methods take it, the newest first."""
        return {
            "types": self.types,
            "statuses": self.statuses,
            "issue_number": self.issue_number,
            "parent_instance": self.parent_instance,
            "order_by": "created_at",
            "descending": True,
        }
