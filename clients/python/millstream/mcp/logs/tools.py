"""Tools that read logs."""

from contextlib import aclosing
from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from millstream.cli.shared.enum_names import LevelName
from millstream.cli.shared.style import least_level, status_name
from millstream.mcp.logs.answers import LogHit, LogHits, LogPage, log_hit, log_line
from millstream.mcp.logs.log_end import extent
from millstream.mcp.logs.log_window import first_lines, last_lines
from millstream.mcp.shared.arguments import BuildId, Line
from millstream.mcp.shared.budget import Budget
from millstream.mcp.shared.session import Session

MAX_HITS = 200
MAX_LINES = 1_000
HIT_CHARACTERS = 500


class LogTools:
    """What reads logs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read_build_log(
        self,
        build_id: BuildId,
        after_seq: Annotated[
            int | None, Field(ge=0, description="Read the lines after this one; 0: from the first line on.")
        ] = None,
        before_seq: Annotated[int | None, Field(ge=1, description="Read the last lines before this one.")] = None,
        limit: Annotated[int, Field(ge=1, le=MAX_LINES, description="Maximum number of lines.")] = 200,
        min_level: Annotated[LevelName | None, Field(description="Only lines of this level or above.")] = None,
        category: Annotated[
            str | None, Field(min_length=1, max_length=255, description="Only lines of this category, such as stderr.")
        ] = None,
        line_characters: Line = 1_000,
    ) -> LogPage:
        """Read a part of a build's log: by default its end.

        With after_seq it reads forwards from there, with before_seq the lines before that one. To see the lines around
        line 120: after_seq 100 and limit 40. An answer holds at most 40,000 characters, whatever the limit
        is; next_after_seq and next_before_seq say where to read on.
        """
        if after_seq is not None and before_seq is not None:
            raise ToolError("after_seq and before_seq exclude each other")
        client = self._session.client
        build = await client.builds.get_build(build_id)
        begin = after_seq
        if begin is None:
            is_whole = min_level is None and category is None
            begin = await self._begin(build_id, before_seq, limit) if is_whole else 0
        lines = client.builds.tail_build_logs(
            build_id, begin, include_debug=True, min_level=least_level(min_level), category=category
        )
        if after_seq is not None:
            taken, has_later = await first_lines(lines, limit, line_characters)
            has_earlier = after_seq > 0
        else:
            taken, has_earlier = await last_lines(lines, limit, line_characters, before_seq)
            has_later = before_seq is not None
        return LogPage(
            build_id=build_id,
            status=status_name(build.status),
            lines=[log_line(line, line_characters) for line in taken],
            next_after_seq=taken[-1].seq if has_later and taken else None,
            next_before_seq=taken[0].seq if has_earlier and taken else None,
        )

    async def _begin(self, build_id: str, before_seq: int | None, limit: int) -> int:
        """Return from where on to read, to come upon one line more than are wanted before the end or `before_seq`."""
        near_end = (await extent(self._session.client, build_id)).near_end
        return max(min(before_seq or near_end, near_end) - limit - 2, 0)

    async def search_build_logs(
        self,
        query: Annotated[str, Field(min_length=1, max_length=1_000, description="What to look for.")],
        build_id: Annotated[str, Field(max_length=255, description="Search this build's log.")] = "",
        project_id: Annotated[
            str, Field(max_length=255, description="Search the logs of all builds of this project instead.")
        ] = "",
        regex: Annotated[bool, Field(description="The query is a regular expression, in the syntax of RE2.")] = False,
        ignore_case: Annotated[bool, Field(description="Ignore upper and lower case.")] = False,
        min_level: Annotated[LevelName | None, Field(description="Only lines of this level or above.")] = None,
        context_lines: Annotated[
            int, Field(ge=0, le=20, description="How many lines to show before and after each hit.")
        ] = 0,
        limit: Annotated[int, Field(ge=1, le=MAX_HITS, description="Maximum number of hits.")] = 50,
    ) -> LogHits:
        """Find the lines that hold a text, or match a regular expression, in one build's log or a project's.

        Give either build_id or project_id. An answer holds at most 40,000 characters, 500 of each line.
        """
        if bool(build_id) == bool(project_id):
            raise ToolError("give either build_id or project_id: where to search")
        found = self._session.client.builds.search_build_logs(
            query,
            build_id=build_id,
            project_id=project_id,
            regex=regex,
            ignore_case=ignore_case,
            min_level=least_level(min_level),
            context_lines=context_lines,
            limit=limit + 1,
        )
        hits: list[LogHit] = []
        budget = Budget()
        async with aclosing(found):
            async for one in found:
                hit = log_hit(one, HIT_CHARACTERS)
                if len(hits) == limit or not budget.takes(_lengths(hit)):
                    return LogHits(hits=hits, more=True)
                hits.append(hit)
        return LogHits(hits=hits, more=False)


def _lengths(hit: LogHit) -> list[int]:
    return [len(line.content) for line in (hit, *hit.before, *hit.after)]
