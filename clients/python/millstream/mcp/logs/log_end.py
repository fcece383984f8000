"""Where a long log ends, found without reading it.

The lines that a log has are numbered without gaps, from its first one on. So whether a line is there says on which
side of the end it lies: the end is found by doubling the distance until there is no line, then by halving it. For
millions of lines that takes some 20 reads of single ones.
"""

from typing import NamedTuple

from millstream import AsyncClient
from millstream.errors import BuildLogNotFoundError
from millstream.mcp.shared.taking import take

NEAR = 10_000
"""So many lines are read faster than looked for."""


class Extent(NamedTuple):
    """The first line of a log (0: it has none), and one that is there, no more than 10,000 lines before its end."""

    first_seq: int
    near_end: int


async def extent(client: AsyncClient, build_id: str) -> Extent:
    """Look for the end of a log. Raises BuildNotFoundError."""
    lines, _ = await take(client.builds.tail_build_logs(build_id, include_debug=True), 1)
    if not lines:
        return Extent(0, 0)
    low, distance = lines[0].seq, NEAR
    while await _has(client, build_id, low + distance):
        low += distance
        distance *= 2
    while distance > NEAR:
        distance //= 2
        if await _has(client, build_id, low + distance):
            low += distance
    return Extent(lines[0].seq, low)


async def _has(client: AsyncClient, build_id: str, seq: int) -> bool:
    try:
        await client.builds.get_build_log(f"{build_id}/{seq}")
    except BuildLogNotFoundError:
        return False
    return True
