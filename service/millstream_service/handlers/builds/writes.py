"""The writes of BackendService: read the request, one store call, one conversion."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert.builds.entities import (
    BUILD,
    CRASH_LOG,
    PROJECT,
    SCHEME,
    build_to_message,
    project_to_message,
    scheme_to_message,
)
from millstream_service.convert.builds.fields import ENDED
from millstream_service.convert.fields import identifier
from millstream_service.convert.logs.logs import check_entries, lines_of
from millstream_service.convert.shapes import changed_columns, new_row
from millstream_service.errors import ListTooLargeError, ValidationFailedError
from millstream_service.handlers.logs.appending import LineAppending
from millstream_service.handlers.shared.appending import Batches, append_batches
from millstream_service.handlers.shared.storing import Storing
from millstream_service.security.caller import Caller
from millstream_service.store.builds import builds
from millstream_service.store.builds.tables import BUILD_LOGS, BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.entities import rows
from millstream_service.store.logs import log_removal, logs

MAX_SCHEMES = 1_000


class BackendWrites(Storing):
    """Create, update, delete, append."""

    async def CreateProject(self, request: pb.CreateProjectRequest, _caller: Caller) -> pb.CreateProjectResponse:
        """Create a project and its first schemes."""
        if len(request.schemes) > MAX_SCHEMES:
            raise ListTooLargeError("schemes", MAX_SCHEMES)
        project = new_row(PROJECT, request.project)
        schemes = [_first_scheme(scheme, project, f"schemes[{n}]") for n, scheme in enumerate(request.schemes)]
        command = partial(rows.create_with_children, resource=PROJECTS, values=project, child=SCHEMES, children=schemes)
        return await self._run_create(command, _answer_create_project, PROJECTS, project["bundle_identifier"])

    async def UpdateProject(self, request: pb.UpdateProjectRequest, _caller: Caller) -> pb.UpdateProjectResponse:
        """Change a project."""
        return await self._update(
            PROJECTS,
            PROJECT,
            request.project,
            request.update_mask.paths,
            lambda project: pb.UpdateProjectResponse(project=project),
        )

    async def DeleteProject(self, request: pb.DeleteProjectRequest, _caller: Caller) -> pb.DeleteProjectResponse:
        """Delete a project and all below it."""
        return await self._delete(PROJECTS, request.id, pb.DeleteProjectResponse)

    async def CreateScheme(self, request: pb.CreateSchemeRequest, _caller: Caller) -> pb.CreateSchemeResponse:
        """Create a scheme."""
        return await self._create(
            SCHEMES, SCHEME, new_row(SCHEME, request.scheme), lambda scheme: pb.CreateSchemeResponse(scheme=scheme)
        )

    async def UpdateScheme(self, request: pb.UpdateSchemeRequest, _caller: Caller) -> pb.UpdateSchemeResponse:
        """Change a scheme."""
        return await self._update(
            SCHEMES,
            SCHEME,
            request.scheme,
            request.update_mask.paths,
            lambda scheme: pb.UpdateSchemeResponse(scheme=scheme),
        )

    async def DeleteScheme(self, request: pb.DeleteSchemeRequest, _caller: Caller) -> pb.DeleteSchemeResponse:
        """Delete a scheme and all below it."""
        return await self._delete(SCHEMES, request.id, pb.DeleteSchemeResponse)

    async def CreateBuild(self, request: pb.CreateBuildRequest, _caller: Caller) -> pb.CreateBuildResponse:
        """Create a build."""
        values = new_row(BUILD, request.build)
        command = partial(builds.create, values=values)
        return await self._run_create(command, _answer_create_build, BUILDS, values["id"])

    async def UpdateBuild(self, request: pb.UpdateBuildRequest, _caller: Caller) -> pb.UpdateBuildResponse:
        """Change a build."""
        key = identifier("build.id", request.build.id)
        values = changed_columns(BUILD, request.build, request.update_mask.paths)
        command = partial(builds.change, key=key, values=values, check=BUILD.check_changed)
        updated = await self._store(command, lambda row: pb.UpdateBuildResponse(build=build_to_message(row)))
        if updated.build.status in ENDED:
            self.dependencies.merger.ended(key)
        return updated

    async def DeleteBuild(self, request: pb.DeleteBuildRequest, _caller: Caller) -> pb.DeleteBuildResponse:
        """Delete a build and all below it."""
        return await self._delete(BUILDS, request.id, pb.DeleteBuildResponse)

    async def CreateCrashLog(self, request: pb.CreateCrashLogRequest, _caller: Caller) -> pb.CreateCrashLogResponse:
        """Create a crash log."""
        return await self._create(
            CRASH_LOGS,
            CRASH_LOG,
            new_row(CRASH_LOG, request.crash_log),
            lambda crash_log: pb.CreateCrashLogResponse(crash_log=crash_log),
        )

    async def UpdateCrashLog(self, request: pb.UpdateCrashLogRequest, _caller: Caller) -> pb.UpdateCrashLogResponse:
        """Change a crash log."""
        return await self._update(
            CRASH_LOGS,
            CRASH_LOG,
            request.crash_log,
            request.update_mask.paths,
            lambda crash_log: pb.UpdateCrashLogResponse(crash_log=crash_log),
        )

    async def DeleteCrashLog(self, request: pb.DeleteCrashLogRequest, _caller: Caller) -> pb.DeleteCrashLogResponse:
        """Delete a crash log and all below it."""
        return await self._delete(CRASH_LOGS, request.id, pb.DeleteCrashLogResponse)

    async def CreateBuildLog(self, request: pb.CreateBuildLogRequest, _caller: Caller) -> pb.CreateBuildLogResponse:
        """Add one line."""
        line = request.build_log
        build_id = identifier("build_log.build_id", line.build_id)
        if line.id or line.seq:
            raise ValidationFailedError("build_log.id", "the service sets id and seq")
        entry = BuildLogEntry(level=line.level, content=line.content)
        if line.HasField("category"):
            entry.category = line.category
        if line.HasField("created_at"):
            entry.created_at.CopyFrom(line.created_at)
        encode = check_entries([entry], "build_log").encoder(build_id)
        command = partial(logs.append_line, build_id=build_id, encode=encode)

        def answer(added: logs.Appended) -> pb.CreateBuildLogResponse:
            return pb.CreateBuildLogResponse(build_log=lines_of(encode(added.last_seq, 0)[0].payload)[0])

        added, created = await self._run(command, answer)
        self.dependencies.merger.added(build_id, added.bytes_added)
        return created

    def AppendBuildLogs(self, requests: Batches, _caller: Caller) -> AsyncIterator[pb.AppendBuildLogsResponse]:
        """Add lines in batches."""
        return append_batches(requests, LineAppending(self.dependencies))

    async def DeleteBuildLogs(self, request: pb.DeleteBuildLogsRequest, _caller: Caller) -> pb.DeleteBuildLogsResponse:
        """Delete all lines of a build."""
        build_id = identifier("build_id", request.build_id)
        command = partial(log_removal.delete_lines, build_id=build_id)
        return await self._run_delete(command, BUILD_LOGS, build_id, pb.DeleteBuildLogsResponse)


def _answer_create_project(created: Sequence[rows.Row]) -> pb.CreateProjectResponse:
    project, *schemes = created
    return pb.CreateProjectResponse(project=project_to_message(project), schemes=map(scheme_to_message, schemes))


def _answer_create_build(row: rows.Row) -> pb.CreateBuildResponse:
    return pb.CreateBuildResponse(build=build_to_message(row))


def _first_scheme(scheme: Any, project: rows.Row, path: str) -> dict[str, Any]:
    """Return the row of a scheme that is created with its project."""
    project_id = project["bundle_identifier"]
    if scheme.project_bundle_identifier not in ("", project_id):
        raise ValidationFailedError(f"{path}.project_bundle_identifier", "belongs to another project")
    scheme.project_bundle_identifier = project_id
    return new_row(SCHEME, scheme, path)
