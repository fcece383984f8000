"""What has changed between one look at a list and the next."""

from collections.abc import Sequence
from typing import TypeVar

from millstream.agents.v1.instance_pb2 import Instance
from millstream.builds.v1.build_pb2 import Build

T = TypeVar("T", Build, Instance)


class Changes:
    """Given the same list again and again, it says which of its elements are new or differ from before."""

    def __init__(self) -> None:
        self._told: dict[str, bytes] = {}

    def among(self, newest_first: Sequence[T]) -> list[T]:
        """Return those, oldest first, as they happened."""
        seen = {one.id: one.SerializeToString(deterministic=True) for one in newest_first}
        changed = [one for one in newest_first if self._told.get(one.id) != seen[one.id]]
        self._told |= seen
        return changed[::-1]
