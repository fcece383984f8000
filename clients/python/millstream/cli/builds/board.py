"""The newest builds of several projects, put together from one stream for each."""

from collections.abc import Iterable

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.builds.filter import BuildFilter
from millstream.cli.shared.changes import Changes


class BuildBoard:
    """What is to be seen now. Given each project's builds, it says which are new or have changed."""

    def __init__(self, wanted: BuildFilter) -> None:
        self._wanted = wanted
        self._by_project: dict[str, list[Build]] = {}
        self._changes = Changes()

    def replace(self, project_id: str, builds: Iterable[Build]) -> None:
        """Take these for a project's builds now."""
        self._by_project[project_id] = [build for build in builds if self._wanted.matches(build)]

    def drop(self, project_id: str) -> None:
        """Forget a project that is gone."""
        self._by_project.pop(project_id, None)

    def builds(self) -> list[Build]:
        """All that are asked for, newest first."""
        builds = [build for of_project in self._by_project.values() for build in of_project]
        builds.sort(key=lambda build: (build.created_at.ToNanoseconds(), build.id), reverse=True)
        return builds[: self._wanted.limit]

    def take_changed(self) -> list[Build]:
        """Those of them that are new, or differ from what this said before; oldest first, as they happened."""
        return self._changes.among(self.builds())
