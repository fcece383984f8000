"""Tools that find builds."""

from collections.abc import AsyncGenerator
from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from millstream import AsyncClient, Build, BuildStatus
from millstream.cli.builds.origin import Origin, find_origin_async
from millstream.cli.shared.enum_names import StatusName
from millstream.cli.shared.tally import format_count
from millstream.mcp.builds.answers import (
    BuildAnswer,
    BuildList,
    BuildReport,
    ProjectAnswer,
    ProjectList,
    build_answer,
    crash_summary,
    project_answer,
)
from millstream.mcp.builds.log_digest import digest
from millstream.mcp.shared.arguments import BuildId, Limit, ProjectFilter, SchemeFilter
from millstream.mcp.shared.budget import fitting
from millstream.mcp.shared.session import Session
from millstream.mcp.shared.taking import take

MAX_CRASH_REPORTS = 10
MAX_SCHEMES = 100
FAILED = BuildStatus.BUILD_STATUS_FAILED


class BuildTools:
    """What finds projects and builds."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def _client(self) -> AsyncClient:
        return self._session.client

    async def list_projects(self, limit: Limit = 50) -> ProjectList:
        """List the projects with recorded builds, newest first, each with its schemes."""
        projects, more = await take(self._client.builds.list_projects(page_size=limit + 1), limit)
        answers: list[ProjectAnswer] = []
        for project in projects:
            schemes, _ = await take(self._client.builds.list_schemes(project.bundle_identifier), MAX_SCHEMES)
            answers.append(project_answer(project, schemes))
        fit, left_out = fitting(answers)
        return ProjectList(projects=fit, more=more or left_out)

    async def list_builds(
        self,
        project_id: ProjectFilter = "",
        scheme_id: SchemeFilter = "",
        statuses: Annotated[
            list[StatusName], Field(max_length=len(StatusName), description="Only with one of these. Empty: all.")
        ] = [],  # noqa: B006 - it is the schema's default, and never changed
        version_string: Annotated[str, Field(max_length=255, description="Only of this version. Empty: all.")] = "",
        limit: Limit = 20,
    ) -> BuildList:
        """List builds, newest first."""
        found = await self._builds(project_id, scheme_id, statuses, version_string, limit + 1)
        builds, more = await take(found, limit)
        fit, left_out = fitting(await self._answers(builds))
        return BuildList(builds=fit, more=more or left_out)

    async def get_build(self, build_id: BuildId) -> BuildReport:
        """Show a build: how it went, its first errors, the end of its log, its crash reports."""
        return await self._report(await self._client.builds.get_build(build_id))

    async def find_failed_build(self, project_id: ProjectFilter = "", scheme_id: SchemeFilter = "") -> BuildReport:
        """Find the last failed build, and why it failed: start here when something does not build.

        Returns the build, the first lines of level error, the end of its log, and its crash reports. If that does
        not explain it, read_build_log shows the lines around one, and search_build_logs finds others.
        """
        found = await self._builds(project_id, scheme_id, [StatusName.FAILED], "", 1)
        builds, _ = await take(found, 1)
        if not builds:
            return BuildReport(message="No such build has failed.")
        return await self._report(builds[0])

    async def _builds(
        self, project_id: str, scheme_id: str, statuses: list[StatusName], version_string: str, page_size: int
    ) -> AsyncGenerator[Build, None]:
        """Return the builds that fit; raises where there is no such project or scheme: no builds would say less."""
        if project_id:
            await self._client.builds.get_project(project_id)
        if scheme_id:
            scheme = await self._client.builds.get_scheme(scheme_id)
            if project_id and scheme.project_bundle_identifier != project_id:
                raise ToolError(f"scheme_id: {scheme_id} is not a scheme of project {project_id}")
        return self._client.builds.list_builds(
            project_id="" if scheme_id else project_id,
            scheme_ids=[scheme_id] if scheme_id else [],
            version_string=version_string,
            statuses=[status.value_on_wire for status in statuses],
            page_size=page_size,
        )

    async def _report(self, build: Build) -> BuildReport:
        origin = await find_origin_async(self._client, build.scheme_id)
        found = await digest(self._client, build.id)
        crash_logs, _ = await take(self._client.builds.list_crash_logs(build_id=build.id), MAX_CRASH_REPORTS)
        answer = build_answer(build, origin)
        return BuildReport(
            build=answer,
            message=f"Build {build.id} of {answer.project or 'a deleted project'}: {answer.status}, "
            f"{format_count(found.counts.errors, 'error')} in {format_count(found.counts.lines, 'line')}.",
            log=found.counts,
            first_errors=found.first_errors,
            last_lines=found.last_lines,
            crash_reports=[crash_summary(crash_log) for crash_log in crash_logs],
            newest_build_of_scheme=await self._newer_than(build, origin),
        )

    async def _newer_than(self, build: Build, origin: Origin) -> BuildAnswer | None:
        newest, _ = await take(self._client.builds.list_builds(scheme_ids=[build.scheme_id], page_size=2), 1)
        return build_answer(newest[0], origin) if newest and newest[0].id != build.id else None

    async def _answers(self, builds: list[Build]) -> list[BuildAnswer]:
        schemes = {build.scheme_id for build in builds}
        origins = {scheme_id: await find_origin_async(self._client, scheme_id) for scheme_id in schemes}
        return [build_answer(build, origins[build.scheme_id]) for build in builds]
