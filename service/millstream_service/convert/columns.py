"""Lines as columns: what a merged chunk holds.

Most of a line's bytes can be told from others: its build, its number, the tags and lengths of its fields. A packed
chunk leaves them out and puts alike beside alike: the texts in one piece, as a file would have them (so a search reads
just that), and beside it a column of the kinds (a category with a level) and ten columns of the times' bytes, as they
stand in a message. Columns of single bytes are known from Parquet, as BYTE_STREAM_SPLIT
(https://parquet.apache.org/docs/file-format/data-pages/encodings/).

Reading makes messages again, and fast: what stands before a line's text is as long in neighbouring lines. So the texts
are taken in one piece, and a template is put in place of all that separates them, in one go; then what differs from
line to line is made for many lines at once, as the rows of a table of bytes that is filled column by column, and
written to its places. For that, the lengths and the times' numbers are varints of a fixed length, with zeros at the end
where they are small, and a short kind says its level more than once: all readers of protobuf take both.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.wire import DELIMITED, VARINT, delimited, tag, varint

MOST_KINDS = 255
MOST_KIND_BYTES = 64
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
_CONTENT = tag(BuildLog.CONTENT_FIELD_NUMBER, DELIMITED)
_LARGEST = (1 << 63) - 1

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


def packed(lines: Sequence[BuildLog]) -> tuple[bytes, bytes] | None:
    """Return lines that follow each other as their texts and their other columns.

    None where these can't hold them: a time before 1970, more than MOST_KINDS kinds, one of over MOST_KIND_BYTES.
    """
    kinds: dict[bytes, int] = {}
    column = [kinds.setdefault(_kind(line), len(kinds)) for line in lines]
    seconds = [line.created_at.seconds for line in lines]
    if len(kinds) > MOST_KINDS or max(map(len, kinds)) > MOST_KIND_BYTES:
        return None
    if min(seconds) < 0 or max(seconds) >> 7 * _TIME_BYTES:
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

    `texts` has their texts with the `separator` in between; `begins` and `ends` (lines) say where each is. `kinds`
    (kinds, bytes) are the fields of each kind as in a message, `column` (lines) says for each line which it is. `times`
    (2, 5, lines) has the bytes of their seconds and nanoseconds.
    """

    first_seq: int
    texts: bytes
    separator: bytes
    begins: Numbers
    ends: Numbers
    kinds: Bytes
    column: Bytes
    times: Bytes

    @classmethod
    def read(cls, first_seq: int, count: int, texts: bytes, rest: bytes) -> "Columns":
        """Return the columns of `count` lines that `packed` made. Raises ValueError where they are not that."""
        try:
            kinds, at = _kinds(rest)
        except (IndexError, struct.error) as error:
            raise ValueError("the kinds can't be read") from error
        column = np.frombuffer(rest, np.uint8, count, at)
        times = np.frombuffer(rest, np.uint8, offset=at + count).reshape(2, _TIME_BYTES, count)
        ends = np.append(np.flatnonzero(np.frombuffer(texts, np.uint8) == rest[0]), len(texts))
        if len(ends) != count:
            raise ValueError("there are more texts, or fewer, than lines")
        if column.max() >= len(kinds):
            raise ValueError("a line is of no known kind")
        begins = np.concatenate(([0], ends[:-1] + 1))
        return cls(first_seq, texts, rest[:1], begins, ends, kinds, column, times)

    def mask(self, wanted: Callable[[BuildLog], bool]) -> NDArray[np.bool_]:
        """Return for each line whether its kind, as a line with nothing else, is wanted."""
        return np.array([wanted(BuildLog.FromString(kind.tobytes())) for kind in self.kinds])[self.column]

    def batches(self, start: int, least_bytes: int) -> Iterator[Numbers]:
        """Yield the places (counted from 0) of the lines from `start` on, those of so much text at a time."""
        while start < len(self.ends):
            end = int(np.searchsorted(self.ends, self.begins[start] + least_bytes)) + 1
            yield np.arange(start, min(end, len(self.ends)))
            start = end

    def messages(self, build_id: str, places: Numbers) -> bytes:
        """Return some lines as the field `build_logs` of a tail. `places` (counted from 0) rise."""
        runs = _equally_long(self.first_seq + places)
        return b"".join(self._messages_of_run(build_id, places[run]) for run in runs)

    def _messages_of_run(self, build_id: str, places: Numbers) -> bytearray:
        numbers, lengths = self.first_seq + places, self.ends[places] - self.begins[places]
        template = _Template(build_id.encode(), int(numbers[0]), self.kinds.shape[1])
        sizes = lengths + len(template.data)
        made = bytearray(self.separator + self._texts(places)).replace(self.separator, template.data)
        starts = np.cumsum(sizes) - sizes
        _at_each_byte(made, "<u4")[starts] = _lengths(_LINE, sizes - len(_LINE) - _LENGTH_BYTES)
        kinds = self.kinds if len(self.kinds) == 1 else self.kinds[self.column[places]]
        rows = template.rows(numbers, self.times.take(places, axis=2), kinds, lengths)
        row = f"V{rows.shape[1]}"
        _at_each_byte(made, row)[starts + template.differs] = rows.view(row).ravel()
        return made

    def _texts(self, places: Numbers) -> bytes:
        """Return the texts of some lines, with separators in between."""
        begins, ends = self.begins[places], self.ends[places]
        if places[-1] - places[0] + 1 == len(places):
            return self.texts[begins[0] : ends[-1]]
        each = starmap(slice, zip(begins.tolist(), ends.tolist(), strict=True))
        return self.separator.join(map(self.texts.__getitem__, each))


class _Template:
    """What stands before the text of a line. From byte `differs` on it has zeros for what differs from line to line."""

    def __init__(self, build_id: bytes, seq: int, kind_bytes: int) -> None:
        digits, width = len(str(seq)), len(varint(seq))
        identity = delimited(BuildLog.ID_FIELD_NUMBER, build_id + b"/" + bytes(digits))
        build = delimited(BuildLog.BUILD_ID_FIELD_NUMBER, build_id)
        self.data = _LINE + bytes(_LENGTH_BYTES) + build + identity[:-digits]
        self.differs = len(self.data)
        self._digits = self._add(b"", digits)
        self._seq = self._add(_SEQ, width)
        self._seconds = self._add(_TIME[: 2 + 1], _TIME_BYTES)
        self._nanos = self._add(_TIME[2 + 1 + _TIME_BYTES :][:1], _TIME_BYTES)
        self._kind = self._add(b"", kind_bytes)
        self._length = self._add(b"", len(_CONTENT) + _LENGTH_BYTES)

    def rows(self, numbers: Numbers, times: Bytes, kinds: Bytes, lengths: Numbers) -> Bytes:
        """Return what differs, a row a line, for texts of these lengths."""
        rows = np.tile(np.frombuffer(self.data[self.differs :], np.uint8), (len(numbers), 1))
        rows[:, self._digits] = _digits(numbers, self._digits.stop - self._digits.start)
        rows[:, self._seq] = _varints(numbers, self._seq.stop - self._seq.start)
        rows[:, self._seconds] = times[0].T
        rows[:, self._nanos] = times[1].T
        rows[:, self._kind] = kinds
        rows[:, self._length].view("<u4")[:, 0] = _lengths(_CONTENT, lengths)
        return rows

    def _add(self, data: bytes, free: int) -> slice:
        """Add bytes, and free ones behind them; return where these are in a row."""
        self.data += data + bytes(free)
        end = len(self.data) - self.differs
        return slice(end - free, end)


def _kinds(rest: bytes) -> tuple[Bytes, int]:
    """Return the kinds that columns begin with, each as long as the longest, and where these end."""
    kinds, at = [], 2
    for _ in range(rest[1]):
        [length] = _KIND_LENGTH.unpack_from(rest, at)
        at += _KIND_LENGTH.size
        kinds.append(rest[at : at + length])
        at += length
    longest = max(map(len, kinds))
    return np.frombuffer(b"".join(_longer(kind, longest) for kind in kinds), np.uint8).reshape(-1, longest), at


def _longer(kind: bytes, size: int) -> bytes:
    """Return a kind that means the same and has `size` bytes: its level, of two bytes, is there again, or longer."""
    again, one_more = divmod(size - len(kind), 2)
    longer = kind[-2:] * again + kind
    return longer[:-1] + bytes((longer[-1] | 128, 0)) if one_more else longer


def _at_each_byte(data: bytearray, kind: str) -> NDArray[Any]:
    """Return data as elements that begin at each byte, and so overlap."""
    return np.ndarray(len(data) - np.dtype(kind).itemsize + 1, kind, data, strides=(1,))


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


def _lengths(tag: bytes, numbers: Numbers) -> NDArray[np.uint32]:
    """Return a tag of one byte and, behind it, lengths as varints of three: little-endian words of four bytes."""
    low = numbers.astype(np.uint32)
    return np.asarray(tag[0] | (low & 127 | 128) << 8 | (low >> 7 & 127 | 128) << 16 | low >> 14 << 24, np.uint32)


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
