"""A log in short: how many lines it has, its first errors, and how it ends."""

from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing
from typing import NamedTuple

from millstream import AsyncClient
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BUILD_LOG_LEVEL_WARNING, BuildLog
from millstream.mcp.builds.answers import LogCounts
from millstream.mcp.logs.answers import LogLine, log_line
from millstream.mcp.logs.log_end import extent
from millstream.mcp.logs.log_window import last_lines

MAX_ERRORS = 10
LAST_LINES = 20
LINE_CHARACTERS = 1_000


class LogDigest(NamedTuple):
    """What an agent should see of a log first."""

    counts: LogCounts
    first_errors: list[LogLine]
    last_lines: list[LogLine]


async def digest(client: AsyncClient, build_id: str) -> LogDigest:
    """Read the end of a log and its warnings and errors; the service leaves out the rest. Raises BuildNotFoundError."""
    first_seq, near_end = await extent(client, build_id)
    end = client.builds.tail_build_logs(build_id, max(near_end - LAST_LINES, 0), include_debug=True)
    last, _ = await last_lines(end, LAST_LINES, LINE_CHARACTERS)
    levels, errors = await _faults(client, build_id)
    last_seq = last[-1].seq if last else 0
    counts = LogCounts(
        lines=last_seq - first_seq + 1 if last else 0,
        errors=levels[BUILD_LOG_LEVEL_ERROR],
        warnings=levels[BUILD_LOG_LEVEL_WARNING],
        last_seq=last_seq,
    )
    return LogDigest(counts, _shown(errors), _shown(last))


async def _faults(client: AsyncClient, build_id: str) -> tuple[Counter[int], list[BuildLog]]:
    """Count warnings and errors, and return the first errors."""
    levels: Counter[int] = Counter()
    errors: list[BuildLog] = []
    async with aclosing(client.builds.tail_build_logs(build_id, min_level=BUILD_LOG_LEVEL_WARNING)) as lines:
        async for line in lines:
            levels[line.level] += 1
            if line.level == BUILD_LOG_LEVEL_ERROR and len(errors) < MAX_ERRORS:
                errors.append(line)
    return levels, errors


def _shown(lines: Iterable[BuildLog]) -> list[LogLine]:
    return [log_line(line, LINE_CHARACTERS) for line in lines]
