"""The reads of BackendService."""

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Any

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import BuildStatus
from millstream_service.convert.builds.entities import BUILD, CRASH_LOG, PROJECT, SCHEME
from millstream_service.convert.builds.fields import check_labels
from millstream_service.convert.fields import identifier, known, storable
from millstream_service.convert.logs.line_filter import ANY_LINE, line_filter
from millstream_service.errors import ListTooLargeError, NotFoundError, ValidationFailedError
from millstream_service.handlers.logs import lines
from millstream_service.handlers.logs.searching import search_lines
from millstream_service.handlers.shared import paging
from millstream_service.handlers.shared.reading import Found, Reading
from millstream_service.names import split_build_log_id
from millstream_service.security.caller import Caller
from millstream_service.store.builds import builds
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Reader
from millstream_service.store.entities import rows

MAX_SCHEME_IDS = 1_000


class BackendReads(Reading):
    """Get, list, search."""

    async def GetProject(self, request: pb.GetProjectRequest, _caller: Caller) -> pb.GetProjectResponse:
        """Read one project."""
        return pb.GetProjectResponse(project=await self._get(PROJECTS, PROJECT, request.id))

    async def GetScheme(self, request: pb.GetSchemeRequest, _caller: Caller) -> pb.GetSchemeResponse:
        """Read one scheme."""
        return pb.GetSchemeResponse(scheme=await self._get(SCHEMES, SCHEME, request.id))

    async def GetBuild(self, request: pb.GetBuildRequest, _caller: Caller) -> pb.GetBuildResponse:
        """Read one build."""
        return pb.GetBuildResponse(build=await self._get(BUILDS, BUILD, request.id))

    async def GetBuildLog(self, request: pb.GetBuildLogRequest, _caller: Caller) -> pb.GetBuildLogResponse:
        """Read one line."""
        line = await self.dependencies.database.read(partial(lines.find, log_id=log_id(request.id)))
        if line is None:
            raise NotFoundError("build_log", request.id)
        return pb.GetBuildLogResponse(build_log=line)

    async def GetCrashLog(self, request: pb.GetCrashLogRequest, _caller: Caller) -> pb.GetCrashLogResponse:
        """Read one crash report."""
        return pb.GetCrashLogResponse(crash_log=await self._get(CRASH_LOGS, CRASH_LOG, request.id))

    async def ListProjects(self, request: pb.ListProjectsRequest, caller: Caller) -> bytes:
        """List projects."""
        return await self._list(PROJECTS, PROJECT, request, caller, [{}], pb.ListProjectsResponse)

    async def ListSchemes(self, request: pb.ListSchemesRequest, caller: Caller) -> bytes:
        """List the schemes of a project."""
        branch = {"project_bundle_identifier": identifier("project_id", request.project_id)}
        return await self._list(SCHEMES, SCHEME, request, caller, [branch], pb.ListSchemesResponse)

    async def ListBuilds(self, request: pb.ListBuildsRequest, caller: Caller) -> bytes:
        """List builds."""
        labels = check_labels("labels", request.labels)
        branches = await self._examine(request, len(request.scheme_ids), _build_branches)
        if not labels:
            return await self._list(BUILDS, BUILD, request, caller, branches, pb.ListBuildsResponse)

        def find(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found[rows.Row]:
            found = builds.find_labelled(connection, labels, branches, after=after, limit=limit)
            return ((row, rows.order_values(BUILDS, row)) for row in found)

        return await self._page(BUILD, request, caller, find, pb.ListBuildsResponse, long=True)

    async def ListBuildLogs(self, request: pb.ListBuildLogsRequest, caller: Caller) -> bytes:
        """List lines."""
        build_id = identifier("build_id", request.build_id)
        category = request.category if request.HasField("category") else None
        wanted = line_filter(request.min_level, category)

        def find(connection: Reader, after: Sequence[Any] | None, _limit: int) -> Iterator[paging.Placed[BuildLog]]:
            return ((line, (line.seq,)) for line in lines.after(connection, build_id, after[0] if after else 0, wanted))

        return await self._messages(request, caller, find, pb.ListBuildLogsResponse, long=wanted != ANY_LINE)

    async def ListCrashLogs(self, request: pb.ListCrashLogsRequest, caller: Caller) -> bytes:
        """List crash reports."""
        one_of(request, "build_id", "project_id")
        branch: dict[str, Any] = {"build_id": request.build_id} if request.build_id else {}
        branch |= {"project_bundle_identifier": request.project_id} if request.project_id else {}
        branch |= {"fixed": request.fixed} if request.HasField("fixed") else {}
        return await self._list(CRASH_LOGS, CRASH_LOG, request, caller, [branch], pb.ListCrashLogsResponse)

    def SearchBuildLogs(self, request: pb.SearchBuildLogsRequest, _caller: Caller) -> AsyncIterator[bytes]:
        """Search logs."""
        one_of(request, "build_id", "project_id", needed=True)
        return search_lines(self.dependencies, request)


def one_of(request: Any, first: str, second: str, *, needed: bool = False) -> None:
    """Check that not both fields are given, or exactly one. Raises ValidationFailedError."""
    given = [name for name in (first, second) if getattr(request, name)]
    if len(given) == 2:
        raise ValidationFailedError(second, f"can't be given together with {first}")
    if needed and not given:
        raise ValidationFailedError(first, f"must be given, or {second}")
    for name in given:
        if isinstance(value := getattr(request, name), str):
            identifier(name, value)


def log_id(text: str) -> tuple[str, int]:
    """Return the build and the number of a line's id. Raises ValidationFailedError where it can't be one."""
    parts = split_build_log_id(identifier("id", text, most=300))
    if parts is None:
        raise ValidationFailedError("id", "is not a line's id: it has the form BUILD_ID/SEQ")
    return parts


def scheme_ids(values: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of some schemes. Raises ListTooLargeError."""
    if len(values) > MAX_SCHEME_IDS:
        raise ListTooLargeError("scheme_ids", MAX_SCHEME_IDS)
    return tuple(identifier(f"scheme_ids[{index}]", value) for index, value in enumerate(dict.fromkeys(values)))


def _build_branches(request: pb.ListBuildsRequest) -> list[rows.Branch]:
    """Return the branches of a list of builds, each served by one index."""
    one_of(request, "project_id", "scheme_ids")
    statuses = tuple(
        dict.fromkeys(known(f"statuses[{index}]", BuildStatus, value) for index, value in enumerate(request.statuses))
    )
    version = storable("version_string", request.version_string) or None
    with_status: dict[str, Any] = {"status": statuses} if statuses else {}
    with_version: dict[str, Any] = {"version_string": version} if version else {}
    if request.scheme_ids:
        branches = build_queries.build_branches(scheme_ids(request.scheme_ids), version)
        return [{**branch, **with_status} for branch in branches]
    if request.project_id:
        return [{"project_bundle_identifier": request.project_id, **with_version, **with_status}]
    if with_version or not statuses:
        return [{**with_version, **with_status}]
    return [{"status": status} for status in statuses]
