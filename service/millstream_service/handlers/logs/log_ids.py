"""The ids of a log's lines as a list that is cheap to keep: ranges of numbers, read on from where they were."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import chain
from typing import overload

from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsResponse
from millstream_service.convert.fields import Time
from millstream_service.convert.logs.chunks import ranges_in
from millstream_service.convert.logs.line_filter import LineFilter
from millstream_service.convert.wire import DELIMITED, tag, varint
from millstream_service.errors import NotFoundError
from millstream_service.names import build_log_id
from millstream_service.reactive.values import Listing, Value
from millstream_service.store.database.database import Reader
from millstream_service.store.logs import logs

EXPIRED_AT = Time("expired_at")
_LOG_ID = tag(StreamBuildLogIdsResponse.BUILD_LOG_IDS_FIELD_NUMBER, DELIMITED)
_MAX_DIGITS = len(str((1 << 63) - 1))
_BYTES_AN_ELEMENT = 400


class LogIds(Sequence[str]):
    """The ids of lines of one build: ranges of numbers that rise and never touch, each with its first and its last.

    A list that has grown shares all it had with the one before (`bounds`: the first and the last number of each range;
    `_ends`: how many ids there are up to its end): it has `_count` of the ranges there, and its own `_last`, for the
    last of them may have grown since.
    """

    def __init__(self, build_id: str, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.build_id = build_id
        self.bounds, self._ends = array("q"), array("q")
        self._count = self._last = self._length = 0
        self.extend(ranges)

    def extend(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Add lines behind, while nobody else has the list."""
        for first, last in ranges:
            if self._count and first == self._last + 1:
                self.bounds[-1] = last
                self._ends[-1] += last - first + 1
            else:
                self.bounds.extend((first, last))
                self._ends.append(self._length + last - first + 1)
            self._last, self._length = last, self._ends[-1]
            self._count = len(self._ends)

    def grown(self, ranges: Iterable[tuple[int, int]]) -> "LogIds":
        """Return the same with more lines behind: for little, where this is the newest of those that share."""
        is_newest = self._count == len(self._ends) and (not self._count or self._last == self.bounds[-1])
        grown = copy(self) if is_newest else LogIds(self.build_id, self.ranges)
        grown.extend(ranges)
        return grown

    @property
    def ranges(self) -> Iterator[tuple[int, int]]:
        """The ranges."""
        for which in range(self._count):
            yield self._range(which)

    def _range(self, which: int) -> tuple[int, int]:
        is_last = which == self._count - 1
        return self.bounds[2 * which], self._last if is_last else self.bounds[2 * which + 1]

    def begins_with(self, other: "LogIds") -> bool:
        """Return whether the other is this list, as it was before it grew."""
        if self.bounds is other.bounds:
            return len(other) <= len(self)
        return self[: len(other)] == other

    def to_bytes(self) -> bytes:
        """Return bytes that tell these ids from any others of the build."""
        return self.bounds[: 2 * self._count - 1].tobytes() + self._last.to_bytes(8) if self._count else b""

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LogIds) or (self.build_id, len(self)) != (other.build_id, len(other)):
            return False
        return self.bounds is other.bounds or self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash((self.build_id, self.to_bytes()))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "LogIds": ...
    def __getitem__(self, index: int | slice) -> "str | LogIds":
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return LogIds(self.build_id, self._cut(start, stop))
        place = range(len(self))[index]
        [(seq, _)] = self._cut(place, place + 1)
        return build_log_id(self.build_id, seq)

    def __iter__(self) -> Iterator[str]:
        return (build_log_id(self.build_id, seq) for seq in self.seqs())

    def seqs(self) -> Iterator[int]:
        """Yield the numbers of the lines."""
        return chain.from_iterable(range(first, last + 1) for first, last in self.ranges)

    def _cut(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of elements `start` to `stop`."""
        which = bisect_right(self._ends, start, 0, max(0, self._count - 1))
        begin = self._ends[which - 1] if which else 0
        while start < stop and begin < stop:
            first, last = self._range(which)
            yield first + max(start - begin, 0), first + min(stop - begin, last - first + 1) - 1
            begin += last - first + 1
            which += 1


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

    def extends(self, other: Value) -> bool:
        """Compare the beginning."""
        return isinstance(other, LogListing) and _ids(self).begins_with(_ids(other))

    def still_holds(self, head: logs.Head) -> bool:
        """Return whether the log has only grown since."""
        same = (self.mark, self.deleted_seq) == (head.mark, head.deleted_seq)
        return same and self.read_seq <= head.last_seq

    def digest(self, length: int) -> bytes:
        """Return the hash of the ranges: they tell the ids, and are few."""
        ids = _ids(self) if length == len(self) else _ids(self)[:length]
        text = repr((ids.build_id, self.expired_at)).encode()
        return blake2b(text + b"\n" + ids.to_bytes(), digest_size=16).digest()

    def work(self, start: int) -> int:
        """Return how many ids are new, and what the digest of all takes."""
        return len(self.items) - start + len(_ids(self).to_bytes()) // _BYTES_AN_ELEMENT


def _ids(listing: LogListing) -> LogIds:
    assert isinstance(listing.items, LogIds)  # noqa: S101 - made below
    return listing.items


def log_listing(connection: Reader, previous: Value | None, build_id: str, wanted: LineFilter) -> LogListing:
    """Return the list of the lines asked for, read on from `previous`. A build that does not exist has none."""
    empty = LogListing(LogIds(build_id, ()), partial(_encode, expired_at=None))
    try:
        head = logs.head(connection, build_id)
    except NotFoundError:
        return empty
    known = previous if isinstance(previous, LogListing) and previous.still_holds(head) else empty
    after = known.read_seq
    ranges = (
        one
        for chunk in logs.chunks_left(connection, build_id, after + 1)
        for one in ranges_in(chunk, build_id, wanted, after + 1)
    )
    ids = _ids(known).grown(ranges)
    encode = partial(_encode, expired_at=head.expired_at)
    return LogListing(ids, encode, head.mark, head.deleted_seq, head.last_seq, expired_at=head.expired_at)


def _encode(ids: Sequence[str], expired_at: int | None) -> bytes:
    """Return a response: put together here, for protobuf takes several times as long."""
    assert isinstance(ids, LogIds)  # noqa: S101 - made above
    name = ids.build_id.encode()
    heads = [_LOG_ID + varint(len(name) + 1 + digits) + name + b"/" for digits in range(_MAX_DIGITS + 1)]
    some = b"".join([heads[len(seq)] + seq for seq in map(b"%d".__mod__, ids.seqs())])
    response = StreamBuildLogIdsResponse()
    EXPIRED_AT.to_message(expired_at, response)
    return some + response.SerializeToString()
