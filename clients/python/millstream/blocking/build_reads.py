"""The blocking client's reads."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import Generator, Iterable, Mapping, Sequence

from millstream.async_client import AsyncClient
from millstream.blocking.portal import Portal
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_UNSPECIFIED, BuildLog, BuildLogLevel
from millstream.builds.v1.build_pb2 import Build, BuildStatus
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme

# How many elements a list or a search is read ahead of its consumer.
AHEAD = 256


class BlockingReads:
    """The reads. See `AsyncReads`, which they run."""

    _client: AsyncClient
    _portal: Portal

    def get_project(self, id: str, *, timeout: float | None = 30.0) -> Project:
        """Read one project. Raises ProjectNotFoundError."""
        return self._portal.run(self._client.get_project(id, timeout=timeout))

    def get_scheme(self, id: str, *, timeout: float | None = 30.0) -> Scheme:
        """Read one scheme. Raises SchemeNotFoundError."""
        return self._portal.run(self._client.get_scheme(id, timeout=timeout))

    def get_build(self, id: str, *, timeout: float | None = 30.0) -> Build:
        """Read one build. Raises BuildNotFoundError."""
        return self._portal.run(self._client.get_build(id, timeout=timeout))

    def get_build_log(self, id: str, *, timeout: float | None = 30.0) -> BuildLog:
        """Read one line of a log; its id is its build's, a slash, and its seq. Raises BuildLogNotFoundError."""
        return self._portal.run(self._client.get_build_log(id, timeout=timeout))

    def get_crash_log(self, id: str, *, timeout: float | None = 30.0) -> CrashLog:
        """Read one crash report. Raises CrashLogNotFoundError."""
        return self._portal.run(self._client.get_crash_log(id, timeout=timeout))

    def list_projects(self, *, page_size: int = 200, timeout: float | None = 30.0) -> Generator[Project, None, None]:
        """Iterate over all projects, newest first."""
        yield from self._portal.iterate(self._client.list_projects(page_size=page_size, timeout=timeout), AHEAD)

    def list_schemes(
        self, project_id: str, *, page_size: int = 200, timeout: float | None = 30.0
    ) -> Generator[Scheme, None, None]:
        """Iterate over the schemes of a project, by their `order`; none where there is no such project."""
        elements = self._client.list_schemes(
            project_id,
            page_size=page_size,
            timeout=timeout,
        )
        yield from self._portal.iterate(elements, AHEAD)

    def list_builds(
        self,
        *,
        project_id: str = "",
        scheme_ids: Sequence[str] = (),
        version_string: str = "",
        statuses: Iterable[BuildStatus] = (),
        labels: Mapping[str, str] | None = None,
        page_size: int = 200,
        timeout: float | None = 30.0,
    ) -> Generator[Build, None, None]:
        """Iterate over builds, newest first: of a project or of some schemes (not both), or all.

        `version_string`, `statuses` and `labels` (all must match) leave out others. Raises ListTooLargeError (over
        1,000 schemes).
        """
        elements = self._client.list_builds(
            project_id=project_id,
            scheme_ids=scheme_ids,
            version_string=version_string,
            statuses=statuses,
            labels=labels,
            page_size=page_size,
            timeout=timeout,
        )
        yield from self._portal.iterate(elements, AHEAD)

    def list_build_logs(
        self,
        build_id: str,
        *,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        category: str | None = None,
        page_size: int = 1000,
        timeout: float | None = 30.0,
    ) -> Generator[BuildLog, None, None]:
        """Iterate over the lines of a log, by seq: of `min_level` or above, of one category. Raises BuildNotFoundError.

        For a whole log, or one that grows, `tail_build_logs` is faster.
        """
        elements = self._client.list_build_logs(
            build_id,
            min_level=min_level,
            category=category,
            page_size=page_size,
            timeout=timeout,
        )
        yield from self._portal.iterate(elements, AHEAD)

    def list_crash_logs(
        self,
        *,
        build_id: str = "",
        project_id: str = "",
        fixed: bool | None = None,
        page_size: int = 50,
        timeout: float | None = 30.0,
    ) -> Generator[CrashLog, None, None]:
        """Iterate over crash reports, newest first: of a build or of a project (not both), or all.

        `fixed` leaves out those that are not, or are, fixed.
        """
        elements = self._client.list_crash_logs(
            build_id=build_id,
            project_id=project_id,
            fixed=fixed,
            page_size=page_size,
            timeout=timeout,
        )
        yield from self._portal.iterate(elements, AHEAD)

    def search_build_logs(
        self,
        query: str,
        *,
        build_id: str = "",
        project_id: str = "",
        regex: bool = False,
        ignore_case: bool = False,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        context_lines: int = 0,
        limit: int = 0,
        expired: list[str] | None = None,
        timeout: float | None = None,
    ) -> Generator[pb.SearchHit, None, None]:
        """Iterate over the lines that hold `query`, as the service finds them, in one build or all of a project.

        `limit` 0 stands for 1,000 hits. The ids of builds whose logs have expired, so that they could not be searched
        to the end, are added to the list `expired` as the search comes to them. A search that breaks off before its
        first hit is begun again; one that breaks off later raises what broke it. `timeout` bounds the whole search, in
        seconds.
        Raises InvalidRegexError, BuildNotFoundError, ProjectNotFoundError, ValidationFailedError.
        """
        elements = self._client.search_build_logs(
            query,
            build_id=build_id,
            project_id=project_id,
            regex=regex,
            ignore_case=ignore_case,
            min_level=min_level,
            context_lines=context_lines,
            limit=limit,
            expired=expired,
            timeout=timeout,
        )
        yield from self._portal.iterate(elements, AHEAD)
