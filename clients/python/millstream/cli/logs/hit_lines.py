"""The lines that a search shows, each once: the hits, and the lines around them in groups."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream.builds.v1.build_log_pb2 import BuildLog


class HitLine(NamedTuple):
    """A hit, or a line near one."""

    line: BuildLog
    is_hit: bool


def hit_lines(hits: Iterable[SearchHit]) -> Iterator[HitLine]:
    """Each line once, build by build, by seq.

    The lines after a hit are held back until the next one is known: it may be among them.
    """
    held_back: list[BuildLog] = []
    last: BuildLog | None = None
    for hit in hits:
        around = [line for line in (*held_back, *hit.before) if not _is_same_or_later(line, hit.build_log)]
        for line in around:
            if last is None or not _is_same_or_later(last, line):
                yield HitLine(line, is_hit=False)
                last = line
        yield HitLine(hit.build_log, is_hit=True)
        last, held_back = hit.build_log, list(hit.after)
    yield from (HitLine(line, is_hit=False) for line in held_back)


def starts_group(before: HitLine | None, after: HitLine) -> bool:
    """Whether lines are left out between these two."""
    if before is None:
        return False
    return before.line.build_id != after.line.build_id or after.line.seq != before.line.seq + 1


def _is_same_or_later(line: BuildLog, other: BuildLog) -> bool:
    """Whether the line stands at the other's place, or behind it in the same build."""
    return line.build_id == other.build_id and line.seq >= other.seq
