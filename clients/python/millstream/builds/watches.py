"""Calls that watch and follow builds and what belongs to them."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import AsyncGenerator, Iterable, Mapping

from millstream.builds.stub import BackendCalls
from millstream.builds.tail import TailCursor
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_UNSPECIFIED, BuildLog, BuildLogLevel
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project, ProjectDetail
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.streams.batches import one_by_one
from millstream.streams.query import growing, messages, one_message, options, strings, strings_by_id
from millstream.streams.tail import deliver


class AsyncBuildWatches(BackendCalls):
    """The streams.

    `watch_…` yields a value now and again whenever it changes, without end: the newest one, so a consumer that is slow
    skips those in between. `min_interval` is the least time between two of them, in seconds (up to an hour). Equal
    watches of a client share one stream. None stands for a thing that is not there.

    All come back by themselves after a break, without a gap or a repeat. They raise UnavailableError where no service
    is reached at the start, and else only what will not pass, as ValidationFailedError. Close a generator that you do
    not read to its end (`contextlib.aclosing`, or leave it to go out of scope).
    """

    def watch_all_project_ids(self, *, min_interval: float = 0) -> AsyncGenerator[list[str], None]:
        """Watch the ids of all projects, newest first."""
        query = strings(
            lambda: self._backend.StreamAllProjectIds,
            pb.StreamAllProjectIdsRequest(options=growing(min_interval)),
            lambda message: message.project_ids,
        )
        return self._watches.follow(query)

    def watch_project(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[Project | None, None]:
        """Watch one project."""
        query = one_message(
            lambda: self._backend.StreamProject,
            pb.StreamProjectRequest(id=id, options=options(min_interval)),
            _project,
        )
        return self._watches.follow(query)

    def watch_project_version_strings(self, *, min_interval: float = 0) -> AsyncGenerator[dict[str, list[str]], None]:
        """Watch the versions of the builds of every project, by its id; newest version first."""
        query = strings_by_id(
            lambda: self._backend.StreamProjectVersionStrings,
            pb.StreamProjectVersionStringsRequest(options=options(min_interval)),
            _versions_by_project,
        )
        return self._watches.follow(query)

    def watch_scheme_ids(self, project_id: str, *, min_interval: float = 0) -> AsyncGenerator[list[str], None]:
        """Watch the ids of a project's schemes, by their `order`."""
        query = strings(
            lambda: self._backend.StreamSchemeIds,
            pb.StreamSchemeIdsRequest(project_id=project_id, options=growing(min_interval)),
            lambda message: message.scheme_ids,
        )
        return self._watches.follow(query)

    def watch_scheme(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[Scheme | None, None]:
        """Watch one scheme."""
        query = one_message(
            lambda: self._backend.StreamScheme,
            pb.StreamSchemeRequest(id=id, options=options(min_interval)),
            _scheme,
        )
        return self._watches.follow(query)

    def watch_build_ids(
        self, scheme_ids: Iterable[str], version_string: str | None = None, *, min_interval: float = 0
    ) -> AsyncGenerator[list[str], None]:
        """Watch the ids of the builds of some schemes, newest first; of one version, or of any."""
        query = strings(
            lambda: self._backend.StreamBuildIds,
            pb.StreamBuildIdsRequest(
                scheme_ids=sorted(set(scheme_ids)),
                version_string=version_string,
                options=growing(min_interval),
            ),
            lambda message: message.build_ids,
        )
        return self._watches.follow(query)

    def watch_build(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[Build | None, None]:
        """Watch one build."""
        query = one_message(
            lambda: self._backend.StreamBuild,
            pb.StreamBuildRequest(id=id, options=options(min_interval)),
            _build,
        )
        return self._watches.follow(query)

    def watch_latest_builds(
        self, project_id: str, limit: int = 0, *, labels: Mapping[str, str] | None = None, min_interval: float = 0
    ) -> AsyncGenerator[list[Build], None]:
        """Watch the newest builds of a project, newest first. `limit` 0 stands for 50; at most 1,000.

        `labels` leaves out those that have not all of them.
        """
        options = growing(min_interval)
        query = messages(
            lambda: self._backend.StreamLatestBuilds,
            pb.StreamLatestBuildsRequest(project_id=project_id, limit=limit, labels=labels, options=options),
            lambda message: message.builds,
        )
        return self._watches.follow(query)

    def watch_build_log_ids(
        self, build_id: str, include_debug: bool = False, category: str | None = None, *, min_interval: float = 0
    ) -> AsyncGenerator[list[str], None]:
        """Watch the ids of the lines of a log, by seq."""
        query = strings(
            lambda: self._backend.StreamBuildLogIds,
            pb.StreamBuildLogIdsRequest(
                build_id=build_id,
                include_debug=include_debug,
                category=category,
                options=growing(min_interval),
            ),
            lambda message: message.build_log_ids,
        )
        return self._watches.follow(query)

    def watch_build_log(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[BuildLog | None, None]:
        """Watch one line of a log."""
        query = one_message(
            lambda: self._backend.StreamBuildLog,
            pb.StreamBuildLogRequest(id=id, options=options(min_interval)),
            _build_log,
        )
        return self._watches.follow(query)

    def watch_crash_log_ids(self, build_id: str, *, min_interval: float = 0) -> AsyncGenerator[list[str], None]:
        """Watch the ids of a build's crash reports, newest first."""
        query = strings(
            lambda: self._backend.StreamCrashLogIds,
            pb.StreamCrashLogIdsRequest(build_id=build_id, options=growing(min_interval)),
            lambda message: message.crash_log_ids,
        )
        return self._watches.follow(query)

    def watch_crash_log(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[CrashLog | None, None]:
        """Watch one crash report."""
        query = one_message(
            lambda: self._backend.StreamCrashLog,
            pb.StreamCrashLogRequest(id=id, options=options(min_interval)),
            _crash_log,
        )
        return self._watches.follow(query)

    def watch_project_detail(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[ProjectDetail | None, None]:
        """Watch a project with its scheme ids and the ids of its five newest builds."""
        query = one_message(
            lambda: self._backend.StreamProjectDetail,
            pb.StreamProjectDetailRequest(id=id, options=options(min_interval)),
            _project_detail,
        )
        return self._watches.follow(query)

    def watch_build_version_strings(
        self, project_id: str, *, min_interval: float = 0
    ) -> AsyncGenerator[list[str], None]:
        """Watch the versions of a project's builds, newest version first."""
        query = strings(
            lambda: self._backend.StreamBuildVersionStrings,
            pb.StreamBuildVersionStringsRequest(project_id=project_id, options=growing(min_interval)),
            lambda message: message.version_strings,
        )
        return self._watches.follow(query)

    def tail_build_logs(
        self,
        build_id: str,
        after_seq: int = 0,
        include_debug: bool = False,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        category: str | None = None,
        follow: bool = False,
    ) -> AsyncGenerator[BuildLog, None]:
        """Yield the lines of a log after `after_seq`, one by one: never a gap, never a repeat.

        Lines of level DEBUG come with `include_debug`, or a `min_level` of DEBUG. With `follow` it goes on until the
        build has ended. Raises BuildNotFoundError, also when the build is deleted meanwhile.
        """
        batches = self.tail_build_log_batches(build_id, after_seq, include_debug, min_level, category, follow)
        return one_by_one(batches)

    def tail_build_log_batches(
        self,
        build_id: str,
        after_seq: int = 0,
        include_debug: bool = False,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        category: str | None = None,
        follow: bool = False,
    ) -> AsyncGenerator[list[BuildLog], None]:
        """Yield the same lines as `tail_build_logs`, some at a time: less work a line."""
        request = pb.TailBuildLogsRequest(
            build_id=build_id,
            after_seq=after_seq,
            include_debug=include_debug,
            min_level=min_level,
            category=category,
            follow=follow,
        )
        return deliver(self._connection, lambda: self._backend.TailBuildLogs, request, TailCursor(request), ends=True)


def _project(message: pb.StreamProjectResponse) -> Project | None:
    return message.project if message.HasField("project") else None


def _scheme(message: pb.StreamSchemeResponse) -> Scheme | None:
    return message.scheme if message.HasField("scheme") else None


def _build(message: pb.StreamBuildResponse) -> Build | None:
    return message.build if message.HasField("build") else None


def _build_log(message: pb.StreamBuildLogResponse) -> BuildLog | None:
    return message.build_log if message.HasField("build_log") else None


def _crash_log(message: pb.StreamCrashLogResponse) -> CrashLog | None:
    return message.crash_log if message.HasField("crash_log") else None


def _project_detail(message: pb.StreamProjectDetailResponse) -> ProjectDetail | None:
    return message.project_detail if message.HasField("project_detail") else None


def _versions_by_project(message: pb.StreamProjectVersionStringsResponse) -> dict[str, list[str]]:
    return {project_id: list(versions.version_strings) for project_id, versions in message.versions_by_project.items()}
