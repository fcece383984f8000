"""Which builds are asked for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from millstream.builds.v1.build_pb2 import Build, BuildStatus

MAX_WATCHED = 200


class BuildFilter(NamedTuple):
    """Of one project or any, with one of these statuses or any, of one version or any, with labels; so many at most."""

    project_id: str
    statuses: frozenset[BuildStatus]
    version: str
    limit: int
    labels: Mapping[str, str] = MappingProxyType({})

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves any build out."""
        return bool(self.project_id or self.statuses or self.version or self.labels)

    @property
    def watched(self) -> int:
        """How many builds of each project to watch, to find so many that match."""
        return max(self.limit, MAX_WATCHED) if self.statuses or self.version else self.limit

    def matches(self, build: Build) -> bool:
        """Whether the build is asked for, its project and labels left aside: the service looks at those."""
        right_status = not self.statuses or build.status in self.statuses
        return right_status and (not self.version or build.version_string == self.version)

    def as_arguments(self) -> dict[str, Any]:
        """Return the arguments of `list_builds`."""
        return {
            "project_id": self.project_id,
            "statuses": sorted(self.statuses),
            "version_string": self.version,
            "labels": self.labels,
            "page_size": min(self.limit, 1_000),
        }
