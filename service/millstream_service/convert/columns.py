"""Lines as columns: what a merged chunk holds.

Most of a line's bytes can be told from others: its build, its number, the tags and lengths of its fields. A packed
chunk leaves them out and puts alike beside alike: the texts in one piece, as a file would have them (so a search reads
just that), and beside it a column of the kinds (a category with a level) and ten columns of the times' bytes, as they
stand in a message. Columns of single bytes are known from Parquet, as BYTE_STREAM_SPLIT
(https://parquet.apache.org/docs/file-format/data-pages/encodings/).

Reading makes messages again, and fast: all that stands before a line's text has the same length in neighbouring lines.
So these parts are made for many lines at once, as the rows of a table of bytes that is filled column by column, and one
`join` puts them and the texts together. For that the lengths and the times' numbers are varints of a fixed length, with
zeros at the end where they are small, which all readers of protobuf take.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.wire import DELIMITED, VARINT, delimited, tag, varint

MOST_KINDS = 255
LINES = b"\n"
"""What stands between texts, unless it occurs in one."""
_NOT_A_CHARACTER = b"\xff"
"""What stands there then: it is not UTF-8."""
_KIND_LENGTH = Struct("<H")
_TIME_BYTES = 5
"""Of a varint: seconds up to the year 3058, and nanoseconds."""
_LENGTH_BYTES = 3
"""Of a varint: up to 2 MiB, and a line has 1 MiB and a little."""
_LINE = tag(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER, DELIMITED)
_SEQ = tag(BuildLog.SEQ_FIELD_NUMBER, VARINT)
_TIME = delimited(
    BuildLog.CREATED_AT_FIELD_NUMBER, b"".join(tag(field, VARINT) + bytes(_TIME_BYTES) for field in (1, 2))
)
_CONTENT = tag(BuildLog.CONTENT_FIELD_NUMBER, DELIMITED) + bytes(_LENGTH_BYTES)
_ROWS_AT_ONCE = 256

_LARGEST = (1 << 63) - 1

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


def packed(lines: Sequence[BuildLog]) -> tuple[bytes, bytes] | None:
    """Return lines that follow each other as their texts and their other columns.

    None where these can't hold them: a time before 1970, more than MOST_KINDS kinds.
    """
    kinds: dict[bytes, int] = {}
    column = [kinds.setdefault(_kind(line), len(kinds)) for line in lines]
    seconds = [line.created_at.seconds for line in lines]
    if len(kinds) > MOST_KINDS or min(seconds) < 0 or max(seconds) >> 7 * _TIME_BYTES:
        return None
    texts = [line.content.encode() for line in lines]
    separator = _NOT_A_CHARACTER if any(LINES in text for text in texts) else LINES
    head = [separator, bytes((len(kinds),)), *(_KIND_LENGTH.pack(len(kind)) + kind for kind in kinds)]
    nanos = [line.created_at.nanos for line in lines]
    times = [_varints(np.array(numbers, np.int64), _TIME_BYTES).T.tobytes() for numbers in (seconds, nanos)]
    return separator.join(texts), b"".join((*head, bytes(column), *times))


def _kind(line: BuildLog) -> bytes:
    """Return a line's category and level as they stand in a message."""
    level = tag(BuildLog.LEVEL_FIELD_NUMBER, VARINT) + varint(line.level)
    return delimited(BuildLog.CATEGORY_FIELD_NUMBER, line.category.encode()) + level if line.category else level


@dataclass(frozen=True, slots=True)
class Columns:
    """Lines that follow each other from `first_seq` on.

    `texts` has their texts with the `separator` in between. `kinds` are the fields of each kind as in a message,
    `column` says for each line which it is. `times` (2, 5, lines) has the bytes of their seconds and nanoseconds.
    """

    first_seq: int
    count: int
    texts: bytes
    separator: bytes
    kinds: tuple[bytes, ...]
    column: bytes
    times: Bytes

    @classmethod
    def read(cls, first_seq: int, count: int, texts: bytes, rest: bytes) -> "Columns":
        """Return the columns of `count` lines that `packed` made. Raises ValueError where they are not that."""
        try:
            kinds, at = _kinds(rest)
        except (IndexError, struct.error) as error:
            raise ValueError("the kinds can't be read") from error
        column = rest[at : at + count]
        times = np.frombuffer(rest, np.uint8, offset=at + count).reshape(2, _TIME_BYTES, count)
        if max(column) >= len(kinds):
            raise ValueError("a line is of no known kind")
        return cls(first_seq, count, texts, rest[:1], kinds, column, times)

    def mask(self, wanted: Callable[[BuildLog], bool]) -> bytes:
        """Return a byte for each line: 1 where its kind, as a line with nothing else, is wanted."""
        table = bytes(wanted(BuildLog.FromString(kind)) for kind in self.kinds)
        return self.column.translate(table.ljust(256, b"\0"))

    def lines(self) -> list[bytes]:
        """Return the text of each line. Raises ValueError where these are not as many as the lines."""
        texts = self.texts.split(self.separator)
        if len(texts) != self.count:
            raise ValueError("there are more texts, or fewer, than lines")
        return texts

    def messages(
        self, build_id: str, where: slice | Numbers, texts: Sequence[bytes], at_once: int
    ) -> Iterator[tuple[Iterable[bytes], int]]:
        """Yield some lines as pieces of the field `build_logs` of a tail, `at_once` at a time.

        `where` says which lines (counted from 0, rising), `texts` are theirs. With each element comes the number of its
        last line.
        """
        column = np.frombuffer(self.column, np.uint8)[where]
        numbers = self.first_seq + np.arange(self.count, dtype=np.int64)[where]
        pieces = [self._beginnings(build_id.encode(), numbers, texts, column, self.times[:, :, where]), texts]
        if len(self.kinds) > 1:
            pieces.append([self.kinds[kind] for kind in column])
        for begin in range(0, len(texts), at_once):
            some = [piece[begin : begin + at_once] for piece in pieces]
            yield chain.from_iterable(zip(*some, strict=True)), int(numbers[begin : begin + at_once][-1])

    def _beginnings(
        self, build_id: bytes, numbers: Numbers, texts: Sequence[bytes], column: Bytes, times: Bytes
    ) -> list[bytes]:
        """Return what stands before each text."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        own = np.array([0 if len(self.kinds) == 1 else len(kind) for kind in self.kinds])
        kind = self.kinds[0] if len(self.kinds) == 1 else b""
        made: list[bytes] = []
        for some in _equally_long(numbers):
            template = _Template(kind, build_id, int(numbers[some][0]))
            made += _split(template.rows(numbers[some], lengths[some], own[column[some]], times[:, :, some]))
        return made


class _Template:
    """What stands before the text of a line, with zeros for all that differs from line to line, and where that is."""

    def __init__(self, kind: bytes, build_id: bytes, seq: int) -> None:
        digits, width = len(str(seq)), len(varint(seq))
        self.data = b""
        self.size = self._add(_LINE, _LENGTH_BYTES)
        identity = delimited(BuildLog.ID_FIELD_NUMBER, build_id + b"/" + bytes(digits))
        self.digits = self._add(identity[:-digits], digits)
        self.seq = self._add(delimited(BuildLog.BUILD_ID_FIELD_NUMBER, build_id) + _SEQ, width)
        self.seconds = self._add(_TIME[: 2 + 1], _TIME_BYTES)
        self.nanos = self._add(_TIME[2 + 1 + _TIME_BYTES :][:1], _TIME_BYTES)
        self.length = self._add(kind + _CONTENT[:1], _LENGTH_BYTES)

    def rows(self, numbers: Numbers, lengths: Numbers, own: Numbers, times: Bytes) -> Bytes:
        """Return what stands before texts of these lengths, a row a line. `own` bytes are behind the text."""
        rows = np.tile(np.frombuffer(self.data, np.uint8), (len(numbers), 1))
        rows[:, self.size] = _varints(lengths + own + (len(self.data) - self.size.stop), _LENGTH_BYTES)
        rows[:, self.digits] = _digits(numbers, self.digits.stop - self.digits.start)
        rows[:, self.seq] = _varints(numbers, self.seq.stop - self.seq.start)
        rows[:, self.seconds] = times[0].T
        rows[:, self.nanos] = times[1].T
        rows[:, self.length] = _varints(lengths, _LENGTH_BYTES)
        return rows

    def _add(self, data: bytes, free: int) -> slice:
        """Add bytes, and free ones behind them; return where these are."""
        self.data += data + bytes(free)
        return slice(len(self.data) - free, len(self.data))


def _kinds(rest: bytes) -> tuple[tuple[bytes, ...], int]:
    """Return the kinds that columns begin with, and where these end."""
    kinds, at = [], 2
    for _ in range(rest[1]):
        [length] = _KIND_LENGTH.unpack_from(rest, at)
        at += _KIND_LENGTH.size
        kinds.append(rest[at : at + length])
        at += length
    return tuple(kinds), at


def _equally_long(numbers: Numbers) -> Iterator[slice]:
    """Yield runs of rising numbers that are equally long, written with digits and as varints."""
    begin = 0
    while begin < len(numbers):
        first = int(numbers[begin])
        longer = min(10 ** len(str(first)), 128 ** len(varint(first)))
        end = int(np.searchsorted(numbers, longer)) if longer <= _LARGEST else len(numbers)
        yield slice(begin, end)
        begin = end


def _varints(numbers: Numbers, width: int) -> Bytes:
    """Return numbers as varints of `width` bytes, a row a number."""
    made = np.empty((len(numbers), width), np.uint8)
    for place in range(width):
        made[:, place] = numbers >> 7 * place & 127 | (128 if place < width - 1 else 0)
    return made


@lru_cache(maxsize=1)
def _four_digits() -> NDArray[np.uint32]:
    """Return the digits of 0000 to 9999, each as a number of four bytes."""
    return np.frombuffer(b"".join(b"%04d" % number for number in range(10_000)), np.uint32)


def _digits(numbers: Numbers, width: int) -> Bytes:
    """Return the digits of numbers that have `width` of them, a row a number."""
    groups = -(-width // 4)
    made = np.empty((len(numbers), groups), np.uint32)
    for group in range(groups):
        numbers, low = np.divmod(numbers, 10_000)
        made[:, groups - 1 - group] = _four_digits()[low]
    return made.view(np.uint8)[:, 4 * groups - width :]


def _split(rows: Bytes) -> list[bytes]:
    """Return the rows: many are taken out at once, the last ones by themselves."""
    count, width = rows.shape
    many = count - count % _ROWS_AT_ONCE
    made = list(chain.from_iterable(_taker(width, _ROWS_AT_ONCE).iter_unpack(rows[:many].tobytes())))
    return made + [row.tobytes() for row in rows[many:]]


@lru_cache(maxsize=64)
def _taker(width: int, at_once: int) -> Struct:
    return Struct(f"{width}s" * at_once)
