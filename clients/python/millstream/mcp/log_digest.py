"""A log in short: how many lines it has, its first errors, and how it ends."""

from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BUILD_LOG_LEVEL_WARNING, BuildLog
from millstream.mcp.build_answers import LogCounts
from millstream.mcp.log_answers import LogLine, log_line

MOST_ERRORS = 10
LAST_LINES = 20
LINE_CHARACTERS = 1_000


class LogDigest(NamedTuple):
    """What an agent should see of a log first."""

    counts: LogCounts
    first_errors: list[LogLine]
    last_lines: list[LogLine]


async def digest(lines: AsyncGenerator[BuildLog, None]) -> LogDigest:
    """Read a log once, keeping no more than is answered."""
    levels: Counter[int] = Counter()
    errors: list[BuildLog] = []
    last: deque[BuildLog] = deque(maxlen=LAST_LINES)
    async with aclosing(lines):
        async for line in lines:
            levels[line.level] += 1
            last.append(line)
            if line.level == BUILD_LOG_LEVEL_ERROR and len(errors) < MOST_ERRORS:
                errors.append(line)
    counts = LogCounts(
        lines=levels.total(),
        errors=levels[BUILD_LOG_LEVEL_ERROR],
        warnings=levels[BUILD_LOG_LEVEL_WARNING],
        last_seq=last[-1].seq if last else 0,
    )
    return LogDigest(counts, _shown(errors), _shown(last))


def _shown(lines: list[BuildLog] | deque[BuildLog]) -> list[LogLine]:
    return [log_line(line, LINE_CHARACTERS) for line in lines]
