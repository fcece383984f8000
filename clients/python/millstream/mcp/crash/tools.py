"""Tools that read crash reports."""

from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from millstream.mcp.builds.answers import crash_summary
from millstream.mcp.crash.answers import CrashList, CrashPage
from millstream.mcp.shared.arguments import Limit, ProjectFilter
from millstream.mcp.shared.budget import MAX_CHARACTERS, fitting
from millstream.mcp.shared.session import Session
from millstream.mcp.shared.taking import take


class CrashTools:
    """What reads crash reports."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list_crash_reports(
        self,
        build_id: Annotated[str, Field(max_length=255, description="Only of this build. Empty: all.")] = "",
        project_id: ProjectFilter = "",
        fixed: Annotated[bool | None, Field(description="Only fixed ones (true) or only unfixed ones (false).")] = None,
        limit: Limit = 20,
    ) -> CrashList:
        """List crash reports, newest first, without their texts."""
        if build_id and project_id:
            raise ToolError("build_id and project_id exclude each other: a build belongs to one project")
        found = self._session.client.builds.list_crash_logs(
            build_id=build_id, project_id=project_id, fixed=fixed, page_size=limit + 1
        )
        crash_logs, more = await take(found, limit)
        fit, left_out = fitting([crash_summary(crash_log) for crash_log in crash_logs])
        return CrashList(crash_reports=fit, more=more or left_out)

    async def read_crash_report(
        self,
        id: Annotated[  # noqa: A002 - the protos call it so
            str, Field(min_length=1, max_length=255, description="Its incident identifier, as the other tools give it.")
        ],
        offset: Annotated[int, Field(ge=0, description="How many characters to skip.")] = 0,
        limit: Annotated[int, Field(ge=1, le=MAX_CHARACTERS, description="Maximum number of characters.")] = 20_000,
    ) -> CrashPage:
        """Read a crash report: its text, a part at a time, and its fields."""
        crash_log = await self._session.client.builds.get_crash_log(id)
        end = offset + limit
        return CrashPage(
            report=crash_summary(crash_log),
            content=crash_log.content[offset:end],
            next_offset=end if end < len(crash_log.content) else None,
        )
