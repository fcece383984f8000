"""The lines around hits.

Most lie in the chunk of the hit, which is at hand. The others, beyond its ends, are read; with them some more, for
the next hit needs these: of its own chunk's neighbour, or of many where chunks are small.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.logs.chunks import report_damage
from millstream_service.convert.logs.logs import messages_of
from millstream_service.convert.wire import DELIMITED, contents, tag
from millstream_service.handlers.logs import lines
from millstream_service.handlers.logs.scanning import Hit
from millstream_service.store.database.database import Reader
from millstream_service.store.logs.logs import Chunk

_LINE, _BEFORE, _AFTER = (
    tag(number, DELIMITED)
    for number in (SearchHit.BUILD_LOG_FIELD_NUMBER, SearchHit.BEFORE_FIELD_NUMBER, SearchHit.AFTER_FIELD_NUMBER)
)
_SPARE_BYTES = 64 << 10
_NO_END = (1 << 63) - 1


class Surroundings:
    """Puts `count` lines before and behind each hit of a build, from the oldest that is left on, `most` bytes each."""

    def __init__(self, connection: Reader, build_id: str, count: int, oldest_seq: int, most: int) -> None:
        self._connection = connection
        self._build_id = build_id
        self._count = count
        self._oldest_seq = oldest_seq
        self._most = most
        self._first, self._last = 0, -1
        self._lines: list[BuildLog] = []

    def of(self, hit: Hit, chunk: Chunk) -> bytes:
        """Return a hit of a chunk with the lines around it: a SearchHit, serialized. Raises StoreCorruptError."""
        with report_damage(chunk, self._build_id):
            made, before, after = hit.around(self._count, self._most)
        at_first = before < self._count and hit.seq - before == chunk.first_seq > self._oldest_seq
        at_last = after < self._count and hit.seq + after == chunk.last_seq
        if not at_first and not at_last and len(made) <= self._most:
            return made
        return self._with_others(hit.seq, contents(made), before, at_first=at_first, at_last=at_last)

    def _with_others(self, seq: int, there: list[bytes], index: int, *, at_first: bool, at_last: bool) -> bytes:
        """Return a hit, the line of an index, with lines of other chunks, and of all of them those that have room."""
        before: Sequence[bytes] = there[:index]
        after: Sequence[bytes] = there[index + 1 :]
        if at_first:
            before = [*self._between(seq - self._count, seq - index - 1), *before]
        if at_last:
            after = [*after, *self._between(seq + len(after) + 1, seq + self._count)]
        if sum(map(len, before)) > self._most:
            before = self._nearest(before[::-1])[::-1]
        if sum(map(len, after)) > self._most:
            after = self._nearest(after)
        parts = [*(_BEFORE + line for line in before), _LINE + there[index], *(_AFTER + line for line in after)]
        return b"".join(parts)

    def _nearest(self, around: Sequence[bytes]) -> Sequence[bytes]:
        """Return the first lines, as many as have room in a message."""
        sizes = accumulate(map(len, around))
        return around[: sum(size <= self._most for size in sizes)]

    def _between(self, first: int, last: int) -> Sequence[bytes]:
        """Return the lines from `first` to `last`, as far as there are any, each behind its length."""
        first = max(first, self._oldest_seq)
        if first > last:
            return ()
        if not self._first <= first <= last <= self._last:
            self._first, least = max(first - self._count, self._oldest_seq), last + self._count
            self._lines, ended = lines.some(self._connection, self._build_id, self._first, least, _SPARE_BYTES)
            self._last = _NO_END if ended else self._lines[-1].seq
        begin = bisect_left(self._lines, first, key=_seq)
        return contents(messages_of(self._lines[begin : bisect_right(self._lines, last, key=_seq)]))


def _seq(line: BuildLog) -> int:
    return line.seq
