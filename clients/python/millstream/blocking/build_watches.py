"""The blocking client's streams."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import Generator, Iterable, Mapping, Sequence

from millstream.async_client import AsyncClient
from millstream.blocking.portal import Portal
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_UNSPECIFIED, BuildLog, BuildLogLevel
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project, ProjectDetail
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.common.v1.change_service_pb2 import StreamChangesResponse

# How many commits, and how many batches of lines, are read ahead of their consumer. Values that are watched never are:
# they would grow old.
AHEAD = 256
BATCHES_AHEAD = 4


class BlockingWatches:
    """The streams, as generators that wait. See `AsyncWatches`, which they run.

    Close a generator that you do not read to its end (`contextlib.closing`, or leave it to go out of scope).
    """

    _client: AsyncClient
    _portal: Portal

    def watch_all_project_ids(self, *, min_interval: float = 0) -> Generator[list[str], None, None]:
        """Watch the ids of all projects, newest first."""
        yield from self._portal.iterate(self._client.watch_all_project_ids(min_interval=min_interval))

    def watch_project(self, id: str, *, min_interval: float = 0) -> Generator[Project | None, None, None]:
        """Watch one project."""
        yield from self._portal.iterate(self._client.watch_project(id, min_interval=min_interval))

    def watch_project_version_strings(self, *, min_interval: float = 0) -> Generator[dict[str, list[str]], None, None]:
        """Watch the versions of the builds of every project, by its id; newest version first."""
        yield from self._portal.iterate(self._client.watch_project_version_strings(min_interval=min_interval))

    def watch_scheme_ids(self, project_id: str, *, min_interval: float = 0) -> Generator[list[str], None, None]:
        """Watch the ids of a project's schemes, by their `order`."""
        yield from self._portal.iterate(self._client.watch_scheme_ids(project_id, min_interval=min_interval))

    def watch_scheme(self, id: str, *, min_interval: float = 0) -> Generator[Scheme | None, None, None]:
        """Watch one scheme."""
        yield from self._portal.iterate(self._client.watch_scheme(id, min_interval=min_interval))

    def watch_build_ids(
        self, scheme_ids: Iterable[str], version_string: str | None = None, *, min_interval: float = 0
    ) -> Generator[list[str], None, None]:
        """Watch the ids of the builds of some schemes, newest first; of one version, or of any."""
        values = self._client.watch_build_ids(scheme_ids, version_string, min_interval=min_interval)
        yield from self._portal.iterate(values)

    def watch_build(self, id: str, *, min_interval: float = 0) -> Generator[Build | None, None, None]:
        """Watch one build."""
        yield from self._portal.iterate(self._client.watch_build(id, min_interval=min_interval))

    def watch_latest_builds(
        self, project_id: str, limit: int = 0, *, labels: Mapping[str, str] | None = None, min_interval: float = 0
    ) -> Generator[list[Build], None, None]:
        """Watch the newest builds of a project, newest first. `limit` 0 stands for 50; at most 1,000.

        `labels` leaves out those that have not all of them.
        """
        values = self._client.watch_latest_builds(project_id, limit, labels=labels, min_interval=min_interval)
        yield from self._portal.iterate(values)

    def watch_build_log_ids(
        self, build_id: str, include_debug: bool = False, category: str | None = None, *, min_interval: float = 0
    ) -> Generator[list[str], None, None]:
        """Watch the ids of the lines of a log, by seq."""
        values = self._client.watch_build_log_ids(build_id, include_debug, category, min_interval=min_interval)
        yield from self._portal.iterate(values)

    def watch_build_log(self, id: str, *, min_interval: float = 0) -> Generator[BuildLog | None, None, None]:
        """Watch one line of a log."""
        yield from self._portal.iterate(self._client.watch_build_log(id, min_interval=min_interval))

    def watch_crash_log_ids(self, build_id: str, *, min_interval: float = 0) -> Generator[list[str], None, None]:
        """Watch the ids of a build's crash reports, newest first."""
        yield from self._portal.iterate(self._client.watch_crash_log_ids(build_id, min_interval=min_interval))

    def watch_crash_log(self, id: str, *, min_interval: float = 0) -> Generator[CrashLog | None, None, None]:
        """Watch one crash report."""
        yield from self._portal.iterate(self._client.watch_crash_log(id, min_interval=min_interval))

    def watch_project_detail(self, id: str, *, min_interval: float = 0) -> Generator[ProjectDetail | None, None, None]:
        """Watch a project with its scheme ids and the ids of its five newest builds."""
        yield from self._portal.iterate(self._client.watch_project_detail(id, min_interval=min_interval))

    def watch_build_version_strings(
        self, project_id: str, *, min_interval: float = 0
    ) -> Generator[list[str], None, None]:
        """Watch the versions of a project's builds, newest version first."""
        yield from self._portal.iterate(self._client.watch_build_version_strings(project_id, min_interval=min_interval))

    def tail_build_logs(
        self,
        build_id: str,
        after_seq: int = 0,
        include_debug: bool = False,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        category: str | None = None,
        follow: bool = False,
    ) -> Generator[BuildLog, None, None]:
        """Yield the lines of a log after `after_seq`, one by one: never a gap, never a repeat.

        Lines of level DEBUG come with `include_debug`, or a `min_level` of DEBUG. With `follow` it goes on until the
        build has ended. Raises BuildNotFoundError, also when the build is deleted meanwhile.
        """
        for batch in self.tail_build_log_batches(build_id, after_seq, include_debug, min_level, category, follow):
            yield from batch

    def tail_build_log_batches(
        self,
        build_id: str,
        after_seq: int = 0,
        include_debug: bool = False,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        category: str | None = None,
        follow: bool = False,
    ) -> Generator[list[BuildLog], None, None]:
        """Yield the same lines as `tail_build_logs`, some at a time: less work a line."""
        elements = self._client.tail_build_log_batches(
            build_id,
            after_seq,
            include_debug,
            min_level,
            category,
            follow,
        )
        yield from self._portal.iterate(elements, BATCHES_AHEAD)

    def stream_changes(
        self, after_revision: int = 0, tables: Sequence[str] = ()
    ) -> Generator[StreamChangesResponse, None, None]:
        """Yield the commits after `after_revision`, in order, each once: all, or those that changed one of `tables`.

        Raises RevisionCompactedError where the change log no longer reaches back so far.
        """
        yield from self._portal.iterate(self._client.stream_changes(after_revision, tables), AHEAD)
