"""Calls that read builds and what belongs to them."""
# ruff: noqa: A002, ASYNC109 - the protos call it `id`; gRPC takes the timeout

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

from millstream.builds.search import search_batches
from millstream.builds.stub import BackendCalls
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_UNSPECIFIED, BuildLog, BuildLogLevel
from millstream.builds.v1.build_pb2 import Build, BuildStatus
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.streams.batches import one_by_one
from millstream.transport.pages import read_pages


class AsyncBuildReads(BackendCalls):
    """The reads. All may be repeated, and are, within `timeout` seconds a call.

    What is listed comes page by page as it is iterated over, `page_size` at a time (at most 1,000); each page is a
    call of its own with its own timeout.
    """

    async def get_project(self, id: str, *, timeout: float | None = 30.0) -> Project:
        """Read one project. Raises ProjectNotFoundError."""
        request = pb.GetProjectRequest(id=id)
        return (await self._connection.call(self._backend.GetProject, request, timeout)).project

    async def get_scheme(self, id: str, *, timeout: float | None = 30.0) -> Scheme:
        """Read one scheme. Raises SchemeNotFoundError."""
        request = pb.GetSchemeRequest(id=id)
        return (await self._connection.call(self._backend.GetScheme, request, timeout)).scheme

    async def get_build(self, id: str, *, timeout: float | None = 30.0) -> Build:
        """Read one build. Raises BuildNotFoundError."""
        request = pb.GetBuildRequest(id=id)
        return (await self._connection.call(self._backend.GetBuild, request, timeout)).build

    async def get_build_log(self, id: str, *, timeout: float | None = 30.0) -> BuildLog:
        """Read one line of a log; its id is its build's, a slash, and its seq. Raises BuildLogNotFoundError."""
        request = pb.GetBuildLogRequest(id=id)
        return (await self._connection.call(self._backend.GetBuildLog, request, timeout)).build_log

    async def get_crash_log(self, id: str, *, timeout: float | None = 30.0) -> CrashLog:
        """Read one crash report. Raises CrashLogNotFoundError."""
        request = pb.GetCrashLogRequest(id=id)
        return (await self._connection.call(self._backend.GetCrashLog, request, timeout)).crash_log

    def list_projects(self, *, page_size: int = 200, timeout: float | None = 30.0) -> AsyncGenerator[Project, None]:
        """Iterate over all projects, newest first."""
        request = pb.ListProjectsRequest(page_size=page_size)
        return read_pages(
            self._connection,
            lambda: self._backend.ListProjects,
            request,
            timeout,
            lambda page: page.projects,
        )

    def list_schemes(
        self, project_id: str, *, page_size: int = 200, timeout: float | None = 30.0
    ) -> AsyncGenerator[Scheme, None]:
        """Iterate over the schemes of a project, by their `order`; none where there is no such project."""
        request = pb.ListSchemesRequest(project_id=project_id, page_size=page_size)
        return read_pages(
            self._connection,
            lambda: self._backend.ListSchemes,
            request,
            timeout,
            lambda page: page.schemes,
        )

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
    ) -> AsyncGenerator[Build, None]:
        """Iterate over builds, newest first: of a project or of some schemes (not both), or all.

        `version_string`, `statuses` and `labels` (all must match) leave out others. Raises ListTooLargeError (over
        1,000 schemes).
        """
        request = pb.ListBuildsRequest(
            project_id=project_id,
            scheme_ids=scheme_ids,
            version_string=version_string,
            statuses=statuses,
            labels=labels,
            page_size=page_size,
        )
        return read_pages(
            self._connection,
            lambda: self._backend.ListBuilds,
            request,
            timeout,
            lambda page: page.builds,
        )

    def list_build_logs(
        self,
        build_id: str,
        *,
        min_level: BuildLogLevel = BUILD_LOG_LEVEL_UNSPECIFIED,
        category: str | None = None,
        page_size: int = 1000,
        timeout: float | None = 30.0,
    ) -> AsyncGenerator[BuildLog, None]:
        """Iterate over the lines of a log, by seq: of `min_level` or above, of one category. Raises BuildNotFoundError.

        For a whole log, or one that grows, `tail_build_logs` is faster.
        """
        request = pb.ListBuildLogsRequest(
            build_id=build_id, min_level=min_level, category=category, page_size=page_size
        )
        return read_pages(
            self._connection,
            lambda: self._backend.ListBuildLogs,
            request,
            timeout,
            lambda page: page.build_logs,
        )

    def list_crash_logs(
        self,
        *,
        build_id: str = "",
        project_id: str = "",
        fixed: bool | None = None,
        page_size: int = 50,
        timeout: float | None = 30.0,
    ) -> AsyncGenerator[CrashLog, None]:
        """Iterate over crash reports, newest first: of a build or of a project (not both), or all.

        `fixed` leaves out those that are not, or are, fixed.
        """
        request = pb.ListCrashLogsRequest(build_id=build_id, project_id=project_id, page_size=page_size)
        if fixed is not None:
            request.fixed = fixed
        return read_pages(
            self._connection,
            lambda: self._backend.ListCrashLogs,
            request,
            timeout,
            lambda page: page.crash_logs,
        )

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
    ) -> AsyncGenerator[pb.SearchHit, None]:
        """Iterate over the lines that hold `query`, as the service finds them, in one build or all of a project.

        `limit` 0 stands for 1,000 hits. The ids of builds whose logs have expired, so that they could not be searched
        to the end, are added to the list `expired` as the search comes to them. A search that breaks off before its
        first hit is begun again; one that breaks off later raises what broke it. `timeout` bounds the whole search, in
        seconds.
        Raises InvalidRegexError, BuildNotFoundError, ProjectNotFoundError, ValidationFailedError.
        """
        request = pb.SearchBuildLogsRequest(
            build_id=build_id,
            project_id=project_id,
            query=query,
            regex=regex,
            ignore_case=ignore_case,
            min_level=min_level,
            context_lines=context_lines,
            limit=limit,
        )
        return one_by_one(search_batches(self._connection, request, timeout, expired if expired is not None else []))
