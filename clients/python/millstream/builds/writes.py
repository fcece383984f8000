"""Calls that write builds and what belongs to them."""
# ruff: noqa: A002, ASYNC109 - the protos call it `id`; gRPC takes the timeout

from collections.abc import Sequence

from millstream.builds.stub import BackendCalls
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.errors import NotFoundError
from millstream.transport.connection import Attempts
from millstream.transport.creation import copy_message, create, delete, is_done
from millstream.transport.identifiers import new_id
from millstream.transport.masks import field_mask


class AsyncBuildWrites(BackendCalls):
    """The writes. Each is durable once it is answered, and answers with the service's response.

    An update changes the fields that its mask names, at least one (else ValueError). `replace_…` changes all.

    `timeout` bounds a call with all its tries, in seconds. Creates, updates and deletes are tried again where that
    does no harm (see `millstream.transport.creation` for how); where a timeout passes, whether the write was done is
    not known.
    """

    async def create_project(
        self, project: Project, schemes: Sequence[Scheme] = (), *, timeout: float | None = 30.0
    ) -> pb.CreateProjectResponse:
        """Create a project with its first schemes, in one commit. Schemes without an id are given one.

        Raises ProjectExistsError, SchemeExistsError, ValidationFailedError.
        """
        request = pb.CreateProjectRequest(project=project, schemes=schemes)
        for scheme in request.schemes:
            scheme.id = scheme.id or new_id()

        async def call(attempts: Attempts) -> pb.CreateProjectResponse:
            return await self._connection.call(self._backend.CreateProject, request, timeout, attempts=attempts)

        async def read_back() -> pb.CreateProjectResponse | None:
            return await self._created_project(request, timeout)

        return await create(call, read_back)

    async def _created_project(
        self, request: pb.CreateProjectRequest, timeout: float | None
    ) -> pb.CreateProjectResponse | None:
        call, backend = self._connection.call, self._backend
        try:
            wanted = pb.GetProjectRequest(id=request.project.bundle_identifier)
            project = (await call(backend.GetProject, wanted, timeout)).project
            schemes = [
                (await call(backend.GetScheme, pb.GetSchemeRequest(id=scheme.id), timeout)).scheme
                for scheme in request.schemes
            ]
        except NotFoundError:
            return None
        pairs = [(request.project, project), *zip(request.schemes, schemes, strict=True)]
        if not all(is_done(wanted, stored) for wanted, stored in pairs):
            return None
        return pb.CreateProjectResponse(project=project, schemes=schemes)

    async def create_scheme(self, scheme: Scheme, *, timeout: float | None = 30.0) -> pb.CreateSchemeResponse:
        """Create a scheme. Without an id it is given one.

        Raises SchemeExistsError, ProjectNotFoundError, ValidationFailedError.
        """
        scheme = copy_message(scheme)
        scheme.id = scheme.id or new_id()

        async def call(attempts: Attempts) -> pb.CreateSchemeResponse:
            request = pb.CreateSchemeRequest(scheme=scheme)
            return await self._connection.call(self._backend.CreateScheme, request, timeout, attempts=attempts)

        async def read_back() -> pb.CreateSchemeResponse | None:
            request = pb.GetSchemeRequest(id=scheme.id)
            stored = (await self._connection.call(self._backend.GetScheme, request, timeout)).scheme
            return pb.CreateSchemeResponse(scheme=stored) if is_done(scheme, stored) else None

        return await create(call, read_back)

    async def create_build(self, build: Build, *, timeout: float | None = 30.0) -> pb.CreateBuildResponse:
        """Create a build. Without an id it is given one.

        Raises BuildExistsError, SchemeNotFoundError, ValidationFailedError.
        """
        build = copy_message(build)
        build.id = build.id or new_id()

        async def call(attempts: Attempts) -> pb.CreateBuildResponse:
            request = pb.CreateBuildRequest(build=build)
            return await self._connection.call(self._backend.CreateBuild, request, timeout, attempts=attempts)

        async def read_back() -> pb.CreateBuildResponse | None:
            request = pb.GetBuildRequest(id=build.id)
            stored = (await self._connection.call(self._backend.GetBuild, request, timeout)).build
            return pb.CreateBuildResponse(build=stored) if is_done(build, stored) else None

        return await create(call, read_back)

    async def create_crash_log(self, crash_log: CrashLog, *, timeout: float | None = 30.0) -> pb.CreateCrashLogResponse:
        """Create a crash report. Without an incident identifier it is given one.

        Raises CrashLogExistsError, BuildNotFoundError, ValidationFailedError.
        """
        crash_log = copy_message(crash_log)
        crash_log.incident_identifier = crash_log.incident_identifier or new_id()

        async def call(attempts: Attempts) -> pb.CreateCrashLogResponse:
            request = pb.CreateCrashLogRequest(crash_log=crash_log)
            return await self._connection.call(self._backend.CreateCrashLog, request, timeout, attempts=attempts)

        async def read_back() -> pb.CreateCrashLogResponse | None:
            request = pb.GetCrashLogRequest(id=crash_log.incident_identifier)
            stored = (await self._connection.call(self._backend.GetCrashLog, request, timeout)).crash_log
            return pb.CreateCrashLogResponse(crash_log=stored) if is_done(crash_log, stored) else None

        return await create(call, read_back)

    async def create_build_log(self, build_log: BuildLog, *, timeout: float | None = 30.0) -> pb.CreateBuildLogResponse:
        """Add one line to a build's log; its id and seq are the service's.

        Tried again only where the service certainly did not store it: a line has no id to tell its repetition by. A
        log writer has no such limit, and is much faster. Raises BuildNotFoundError, MessageTooLargeError.
        """
        request = pb.CreateBuildLogRequest(build_log=build_log)
        return await self._connection.call(self._backend.CreateBuildLog, request, timeout, repeatable=False)

    async def update_project(
        self, project: Project, mask: Sequence[str], *, timeout: float | None = 30.0
    ) -> pb.UpdateProjectResponse:
        """Change the fields of a project that `mask` names.

        Raises ProjectNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        request = pb.UpdateProjectRequest(project=project, update_mask=field_mask(mask))
        return await self._connection.call(self._backend.UpdateProject, request, timeout)

    async def replace_project(self, project: Project, *, timeout: float | None = 30.0) -> pb.UpdateProjectResponse:
        """Replace a project but for its id and created_at: what is left out is reset.

        Raises ProjectNotFoundError, ValidationFailedError.
        """
        request = pb.UpdateProjectRequest(project=project)
        return await self._connection.call(self._backend.UpdateProject, request, timeout)

    async def update_scheme(
        self, scheme: Scheme, mask: Sequence[str], *, timeout: float | None = 30.0
    ) -> pb.UpdateSchemeResponse:
        """Change the fields of a scheme that `mask` names.

        Raises SchemeNotFoundError, ProjectNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        request = pb.UpdateSchemeRequest(scheme=scheme, update_mask=field_mask(mask))
        return await self._connection.call(self._backend.UpdateScheme, request, timeout)

    async def replace_scheme(self, scheme: Scheme, *, timeout: float | None = 30.0) -> pb.UpdateSchemeResponse:
        """Replace a scheme but for its id: what is left out is reset.

        Raises SchemeNotFoundError, ProjectNotFoundError, ValidationFailedError.
        """
        request = pb.UpdateSchemeRequest(scheme=scheme)
        return await self._connection.call(self._backend.UpdateScheme, request, timeout)

    async def update_build(
        self, build: Build, mask: Sequence[str], *, timeout: float | None = 30.0
    ) -> pb.UpdateBuildResponse:
        """Change the fields of a build that `mask` names.

        Raises BuildNotFoundError, SchemeNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        request = pb.UpdateBuildRequest(build=build, update_mask=field_mask(mask))
        return await self._connection.call(self._backend.UpdateBuild, request, timeout)

    async def replace_build(self, build: Build, *, timeout: float | None = 30.0) -> pb.UpdateBuildResponse:
        """Replace a build but for its id and created_at: what is left out is reset.

        Raises BuildNotFoundError, SchemeNotFoundError, ValidationFailedError.
        """
        request = pb.UpdateBuildRequest(build=build)
        return await self._connection.call(self._backend.UpdateBuild, request, timeout)

    async def update_crash_log(
        self, crash_log: CrashLog, mask: Sequence[str], *, timeout: float | None = 30.0
    ) -> pb.UpdateCrashLogResponse:
        """Change the fields of a crash report that `mask` names.

        Raises CrashLogNotFoundError, BuildNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        request = pb.UpdateCrashLogRequest(crash_log=crash_log, update_mask=field_mask(mask))
        return await self._connection.call(self._backend.UpdateCrashLog, request, timeout)

    async def replace_crash_log(
        self, crash_log: CrashLog, *, timeout: float | None = 30.0
    ) -> pb.UpdateCrashLogResponse:
        """Replace a crash report but for its id and created_at: what is left out is reset.

        Raises CrashLogNotFoundError, BuildNotFoundError, ValidationFailedError.
        """
        request = pb.UpdateCrashLogRequest(crash_log=crash_log)
        return await self._connection.call(self._backend.UpdateCrashLog, request, timeout)

    async def delete_project(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteProjectResponse:
        """Delete a project and all below it. Raises ProjectNotFoundError."""

        async def call(attempts: Attempts) -> pb.DeleteProjectResponse:
            request = pb.DeleteProjectRequest(id=id)
            return await self._connection.call(self._backend.DeleteProject, request, timeout, attempts=attempts)

        return await delete(call, pb.DeleteProjectResponse())

    async def delete_scheme(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteSchemeResponse:
        """Delete a scheme and all below it. Raises SchemeNotFoundError."""

        async def call(attempts: Attempts) -> pb.DeleteSchemeResponse:
            request = pb.DeleteSchemeRequest(id=id)
            return await self._connection.call(self._backend.DeleteScheme, request, timeout, attempts=attempts)

        return await delete(call, pb.DeleteSchemeResponse())

    async def delete_build(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteBuildResponse:
        """Delete a build, its log and its crash reports. Raises BuildNotFoundError."""

        async def call(attempts: Attempts) -> pb.DeleteBuildResponse:
            request = pb.DeleteBuildRequest(id=id)
            return await self._connection.call(self._backend.DeleteBuild, request, timeout, attempts=attempts)

        return await delete(call, pb.DeleteBuildResponse())

    async def delete_crash_log(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteCrashLogResponse:
        """Delete a crash report. Raises CrashLogNotFoundError."""

        async def call(attempts: Attempts) -> pb.DeleteCrashLogResponse:
            request = pb.DeleteCrashLogRequest(id=id)
            return await self._connection.call(self._backend.DeleteCrashLog, request, timeout, attempts=attempts)

        return await delete(call, pb.DeleteCrashLogResponse())

    async def delete_build_logs(self, build_id: str, *, timeout: float | None = 30.0) -> pb.DeleteBuildLogsResponse:
        """Delete all lines of a build's log; the build stays. Raises BuildNotFoundError."""
        request = pb.DeleteBuildLogsRequest(build_id=build_id)
        return await self._connection.call(self._backend.DeleteBuildLogs, request, timeout)
