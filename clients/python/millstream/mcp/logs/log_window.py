"""The lines of a log that an answer has room for, from the front or from the back."""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.mcp.shared.budget import Budget

Some = tuple[list[BuildLog], bool]
"""Some lines, and whether there are more."""


async def first_lines(lines: AsyncGenerator[BuildLog, None], limit: int, characters: int) -> Some:
    """Return the first lines, and whether there are more. Reads no further than that."""
    taken: list[BuildLog] = []
    budget = Budget()
    async with aclosing(lines):
        async for line in lines:
            if len(taken) == limit or not budget.takes([min(len(line.content), characters)]):
                return taken, True
            taken.append(line)
    return taken, False


async def last_lines(
    lines: AsyncGenerator[BuildLog, None], limit: int, characters: int, before_seq: int | None = None
) -> Some:
    """Return the last lines, those before `before_seq` if that is given, and whether there are earlier ones.

    It takes time in proportion to the lines that are given, and memory to `limit`.
    """
    kept: deque[BuildLog] = deque(maxlen=limit + 1)
    async with aclosing(lines):
        async for line in lines:
            if before_seq is not None and line.seq >= before_seq:
                break
            kept.append(line)
    budget = Budget()
    taken: deque[BuildLog] = deque()
    while kept and len(taken) < limit and budget.takes([min(len(kept[-1].content), characters)]):
        taken.appendleft(kept.pop())
    return list(taken), bool(kept)
