"""The blocking client's writes."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import Sequence

from millstream.async_client import AsyncClient
from millstream.blocking.portal import Portal
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme


class BlockingWrites:
    """The writes. Each is durable once it is answered. See `AsyncWrites`, which they run."""

    _client: AsyncClient
    _portal: Portal

    def create_project(
        self, project: Project, schemes: Sequence[Scheme] = (), *, timeout: float | None = 30.0
    ) -> pb.CreateProjectResponse:
        """Create a project with its first schemes, in one commit. Schemes without an id are given one.

        Raises ProjectExistsError, SchemeExistsError, ValidationFailedError.
        """
        return self._portal.run(self._client.create_project(project, schemes, timeout=timeout))

    def create_scheme(self, scheme: Scheme, *, timeout: float | None = 30.0) -> pb.CreateSchemeResponse:
        """Create a scheme. Without an id it is given one.

        Raises SchemeExistsError, ProjectNotFoundError, ValidationFailedError.
        """
        return self._portal.run(self._client.create_scheme(scheme, timeout=timeout))

    def create_build(self, build: Build, *, timeout: float | None = 30.0) -> pb.CreateBuildResponse:
        """Create a build. Without an id it is given one.

        Raises BuildExistsError, SchemeNotFoundError, ValidationFailedError.
        """
        return self._portal.run(self._client.create_build(build, timeout=timeout))

    def create_crash_log(self, crash_log: CrashLog, *, timeout: float | None = 30.0) -> pb.CreateCrashLogResponse:
        """Create a crash report. Without an incident identifier it is given one.

        Raises CrashLogExistsError, BuildNotFoundError, ValidationFailedError.
        """
        return self._portal.run(self._client.create_crash_log(crash_log, timeout=timeout))

    def create_build_log(self, build_log: BuildLog, *, timeout: float | None = 30.0) -> pb.CreateBuildLogResponse:
        """Add one line to a build's log; its id and seq are the service's.

        Tried again only where the service certainly did not store it: a line has no id to tell its repetition by. A
        log writer has no such limit, and is much faster. Raises BuildNotFoundError, MessageTooLargeError.
        """
        return self._portal.run(self._client.create_build_log(build_log, timeout=timeout))

    def update_project(
        self, project: Project, mask: Sequence[str] | None = None, *, timeout: float | None = 30.0
    ) -> pb.UpdateProjectResponse:
        """Change a project: the fields named in `mask`, or all but its id and created_at.

        Raises ProjectNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        return self._portal.run(self._client.update_project(project, mask, timeout=timeout))

    def update_scheme(
        self, scheme: Scheme, mask: Sequence[str] | None = None, *, timeout: float | None = 30.0
    ) -> pb.UpdateSchemeResponse:
        """Change a scheme: the fields named in `mask`, or all but its id.

        Raises SchemeNotFoundError, ProjectNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        return self._portal.run(self._client.update_scheme(scheme, mask, timeout=timeout))

    def update_build(
        self, build: Build, mask: Sequence[str] | None = None, *, timeout: float | None = 30.0
    ) -> pb.UpdateBuildResponse:
        """Change a build: the fields named in `mask`, or all but its id and created_at.

        Raises BuildNotFoundError, SchemeNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        return self._portal.run(self._client.update_build(build, mask, timeout=timeout))

    def update_crash_log(
        self, crash_log: CrashLog, mask: Sequence[str] | None = None, *, timeout: float | None = 30.0
    ) -> pb.UpdateCrashLogResponse:
        """Change a crash report: the fields named in `mask`, or all but its id and created_at.

        Raises CrashLogNotFoundError, BuildNotFoundError, InvalidUpdateMaskError, ValidationFailedError.
        """
        return self._portal.run(self._client.update_crash_log(crash_log, mask, timeout=timeout))

    def delete_project(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteProjectResponse:
        """Delete a project and all below it. Raises ProjectNotFoundError."""
        return self._portal.run(self._client.delete_project(id, timeout=timeout))

    def delete_scheme(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteSchemeResponse:
        """Delete a scheme and all below it. Raises SchemeNotFoundError."""
        return self._portal.run(self._client.delete_scheme(id, timeout=timeout))

    def delete_build(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteBuildResponse:
        """Delete a build, its log and its crash reports. Raises BuildNotFoundError."""
        return self._portal.run(self._client.delete_build(id, timeout=timeout))

    def delete_crash_log(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteCrashLogResponse:
        """Delete a crash report. Raises CrashLogNotFoundError."""
        return self._portal.run(self._client.delete_crash_log(id, timeout=timeout))

    def delete_build_logs(self, build_id: str, *, timeout: float | None = 30.0) -> pb.DeleteBuildLogsResponse:
        """Delete all lines of a build's log; the build stays. Raises BuildNotFoundError."""
        return self._portal.run(self._client.delete_build_logs(build_id, timeout=timeout))
