"""The ids of a log's lines as a list that is cheap to keep: ranges of numbers, read on from where they were."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import accumulate
from typing import overload

from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsResponse
from millstream_service.convert.chunks import lines_in
from millstream_service.convert.fields import Time
from millstream_service.convert.line_filter import LineFilter
from millstream_service.errors import NotFoundError
from millstream_service.names import build_log_id
from millstream_service.reactive.values import Listing, Value
from millstream_service.store import logs
from millstream_service.store.database import Reader

EXPIRED_AT = Time("expired_at")


class LogIds(Sequence[str]):
    """The ids of lines of one build. `ranges` are first and last numbers, rising, never touching."""

    def __init__(self, build_id: str, ranges: Sequence[tuple[int, int]]) -> None:
        self.build_id = build_id
        self.ranges = tuple(ranges)
        self._ends = list(accumulate(last - first + 1 for first, last in self.ranges))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogIds) and (self.build_id, self.ranges) == (other.build_id, other.ranges)

    def __hash__(self) -> int:
        return hash((self.build_id, self.ranges))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "LogIds": ...
    def __getitem__(self, index: int | slice) -> "str | LogIds":
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return LogIds(self.build_id, list(self._cut(start, stop)))
        place = range(len(self))[index]
        which = bisect_right(self._ends, place)
        return build_log_id(self.build_id, self.ranges[which][1] - (self._ends[which] - 1 - place))

    def __iter__(self) -> Iterator[str]:
        for first, last in self.ranges:
            for seq in range(first, last + 1):
                yield build_log_id(self.build_id, seq)

    def _cut(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of elements `start` to `stop`."""
        for which in range(bisect_right(self._ends, start), len(self.ranges)):
            first, last = self.ranges[which]
            begin = self._ends[which] - (last - first + 1)
            if begin >= stop:
                return
            yield first + max(start - begin, 0), first + min(stop - begin, last - first + 1) - 1


@dataclass(frozen=True)
class LogListing(Listing):
    """The list, and how far the log was read for it."""

    mark: int = 0
    deleted_seq: int = 0
    read_seq: int = 0
    expired_at: int | None = None

    def same(self, other: Value | None) -> bool:
        """Compare the elements, and whether there were more that have expired."""
        return super().same(other) and isinstance(other, LogListing) and other.expired_at == self.expired_at

    def still_holds(self, head: logs.Head) -> bool:
        """Return whether the log has only grown since."""
        same = (self.mark, self.deleted_seq) == (head.mark, head.deleted_seq)
        return same and self.read_seq <= head.last_seq

    def digest(self, length: int) -> bytes:
        """Return the hash of the ranges: they tell the ids, and are few."""
        items = self.items[:length]
        assert isinstance(items, LogIds)  # noqa: S101 - made below
        told = (items.build_id, items.ranges, self.expired_at)
        return blake2b(repr(told).encode(), digest_size=16).digest()


def log_listing(connection: Reader, previous: Value | None, build_id: str, wanted: LineFilter) -> LogListing:
    """Return the list of the lines asked for, read on from `previous`. A build that does not exist has none."""
    empty = LogListing(LogIds(build_id, ()), partial(_encoded, expired_at=None))
    try:
        head = logs.head(connection, build_id)
    except NotFoundError:
        return empty
    known = previous if isinstance(previous, LogListing) and previous.still_holds(head) else empty
    assert isinstance(known.items, LogIds)  # noqa: S101 - made here
    ranges = list(known.items.ranges)
    for chunk in logs.chunks_left(connection, build_id, known.read_seq + 1):
        for first, last in _fitting_ranges(chunk, build_id, wanted, known.read_seq):
            if ranges and ranges[-1][1] == first - 1:
                first = ranges.pop()[0]  # noqa: PLW2901 - the range grows
            ranges.append((first, last))
    encode = partial(_encoded, expired_at=head.expired_at)
    return LogListing(
        LogIds(build_id, ranges), encode, head.mark, head.deleted_seq, head.last_seq, expired_at=head.expired_at
    )


def _encoded(ids: Sequence[str], expired_at: int | None) -> bytes:
    response = StreamBuildLogIdsResponse(build_log_ids=ids)
    EXPIRED_AT.to_message(expired_at, response)
    return response.SerializeToString()


def _fitting_ranges(chunk: logs.Chunk, build_id: str, wanted: LineFilter, after: int) -> Iterator[tuple[int, int]]:
    if wanted.takes_all(chunk):
        yield max(chunk.first_seq, after + 1), chunk.last_seq
        return
    for line in lines_in(chunk, build_id, wanted, after + 1):
        yield line.seq, line.seq
