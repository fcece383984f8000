"""The ids of a log's lines as a list that is cheap to keep: runs of numbers, read on from where they were."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import accumulate, chain, count
from operator import add, sub
from typing import overload

from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsResponse
from millstream_service.convert.fields import Time
from millstream_service.convert.logs import line_numbers
from millstream_service.convert.logs.chunks import runs_in
from millstream_service.convert.logs.line_filter import LineFilter
from millstream_service.errors import NotFoundError
from millstream_service.names import build_log_id
from millstream_service.reactive.values import Listing, Value
from millstream_service.store.database.database import Reader
from millstream_service.store.logs import logs

EXPIRED_AT = Time("expired_at")
_RUNS_AN_ELEMENT = 25
"""So many are hashed in the time that an element takes."""


class LogIds(Sequence[str]):
    """The ids of lines of one build: runs of numbers that rise and never touch (see `line_numbers`).

    A list that has grown shares the runs of the one before, and so does a slice: each has `_length` ids of them, from
    the one at `_start` on. `_ends`: how many ids there are up to the end of each run. Both arrays only grow.
    """

    def __init__(self, build_id: str, *runs: "array[int]") -> None:
        self.build_id = build_id
        self._runs, self._ends = array("q"), array("q")
        self._start = self._length = 0
        for some in runs:
            self.extend(some)

    def extend(self, runs: "array[int]") -> None:
        """Add lines behind, while nobody else has the list."""
        if not runs:
            return
        if self._runs and runs[0] == self._runs[-1] + 1:
            self._ends[-1] += runs[1] - runs[0] + 1
            self._runs[-1] = runs[1]
            runs = runs[2:]
        less_one = accumulate(map(sub, runs[1::2], runs[::2]))  # without a step of Python's for each: they are many
        self._ends.extend(map(add, less_one, count(self._ends[-1] + 1 if self._ends else 1)))
        self._runs.extend(runs)
        self._length = self._ends[-1]

    def grown(self, runs: Iterable["array[int]"]) -> "LogIds":
        """Return the same with more lines behind: for little, where this is the newest of those that share."""
        is_newest = not self._start and self._length == (self._ends[-1] if self._ends else 0)
        grown = copy(self) if is_newest else LogIds(self.build_id, self.runs)
        for some in runs:
            grown.extend(some)
        return grown

    @property
    def runs(self) -> "array[int]":
        """The runs."""
        if not self._length:
            return array("q")
        first, last = self._span()
        runs = self._runs[2 * first : 2 * last + 2]
        runs[-1] = self._runs[2 * last] + self._start + self._length - 1 - self._before(last)
        runs[0] += self._start - self._before(first)
        return runs

    @property
    def run_count(self) -> int:
        """How many runs there are."""
        first, last = self._span()
        return last - first + 1 if self._length else 0

    def _span(self) -> tuple[int, int]:
        """Return which runs hold the first id and the last."""
        first = bisect_right(self._ends, self._start)
        return first, bisect_left(self._ends, self._start + self._length, first)

    def _before(self, run: int) -> int:
        """Return how many ids there are before a run."""
        return self._ends[run - 1] if run else 0

    def begins_with(self, other: "LogIds") -> bool:
        """Return whether the other is this list, as it was before it grew."""
        return self[: len(other)] == other

    def to_bytes(self) -> bytes:
        """Return bytes that tell these ids from any others of the build."""
        return self.runs.tobytes()

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LogIds) or (self.build_id, len(self)) != (other.build_id, len(other)):
            return False
        shared = self._runs is other._runs and self._start == other._start
        return shared or self.runs == other.runs

    def __hash__(self) -> int:
        return hash((self.build_id, self.to_bytes()))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "LogIds": ...
    def __getitem__(self, index: int | slice) -> "str | LogIds":
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            part = copy(self)
            part._start, part._length = self._start + start, max(0, stop - start)  # noqa: SLF001 - of this class
            return part
        place = range(len(self))[index]
        return build_log_id(self.build_id, self[place : place + 1].runs[0])

    def __iter__(self) -> Iterator[str]:
        numbers = chain.from_iterable(range(first, last + 1) for first, last in line_numbers.pairs(self.runs))
        return (build_log_id(self.build_id, seq) for seq in numbers)


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
        """Return the hash of the runs: they tell the ids, and are few."""
        ids = _ids(self) if length == len(self) else _ids(self)[:length]
        text = repr((ids.build_id, self.expired_at)).encode()
        return blake2b(text + b"\n" + ids.to_bytes(), digest_size=16).digest()

    def work(self, start: int) -> int:
        """Return how many ids are new, and what the digest of all takes."""
        return len(self.items) - start + _ids(self).run_count // _RUNS_AN_ELEMENT


def _ids(listing: LogListing) -> LogIds:
    assert isinstance(listing.items, LogIds)  # noqa: S101 - made below
    return listing.items


def log_listing(connection: Reader, previous: Value | None, build_id: str, wanted: LineFilter) -> LogListing:
    """Return the list of the lines asked for, read on from `previous`. A build that does not exist has none."""
    empty = LogListing(LogIds(build_id), partial(_encode, expired_at=None))
    try:
        head = logs.head(connection, build_id)
    except NotFoundError:
        return empty
    known = previous if isinstance(previous, LogListing) and previous.still_holds(head) else empty
    after = known.read_seq
    chunks = logs.chunks_left(connection, build_id, after + 1)
    ids = _ids(known).grown(runs_in(chunk, build_id, wanted, after + 1) for chunk in chunks)
    encode = partial(_encode, expired_at=head.expired_at)
    return LogListing(ids, encode, head.mark, head.deleted_seq, head.last_seq, expired_at=head.expired_at)


def _encode(ids: Sequence[str], expired_at: int | None) -> bytes:
    """Return a response: put together here, for protobuf takes many times as long, with Python's lock."""
    assert isinstance(ids, LogIds)  # noqa: S101 - made above
    response = StreamBuildLogIdsResponse()
    EXPIRED_AT.to_message(expired_at, response)
    return line_numbers.encode_ids(ids.build_id.encode(), ids.runs.tobytes()) + response.SerializeToString()
