"""Lines as columns: what a merged chunk holds.

Most of a line's bytes follow from others: its build, its number, the tags and lengths of its fields. A packed
chunk leaves them out and puts alike beside alike: the texts in one piece, as a file would have them (so a search reads
just that), and beside it a column of the kinds (a category with a level) and ten columns of the times' bytes. Columns
of single bytes are known from Parquet, as BYTE_STREAM_SPLIT
(https://parquet.apache.org/docs/file-format/data-pages/encodings/).
"""

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from struct import Struct

from google.protobuf.message import DecodeError

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.logs.line_messages import TIME_BYTES, around, messages
from millstream_service.convert.logs.line_numbers import find_runs
from millstream_service.convert.wire import VARINT, encode_delimited, tag, varint

MAX_KINDS = 255
MAX_KIND_BYTES = 64
LINES = b"\n"
"""What stands between texts, unless it occurs in one."""
_NOT_A_CHARACTER = b"\xff"
"""What stands there then: it is not UTF-8."""
_KIND_LENGTH = Struct("<H")
_MORE_FOLLOWS = 0x80_80_80_80
"""The top bits of a varint of five bytes."""


def pack(messages: bytes) -> tuple[bytes, bytes] | None:
    """Return lines that follow each other as their texts and their other columns.

    The lines come as the field `build_logs` of a tail, one at least. None where columns can't hold them: a time before
    1970, more than MAX_KINDS kinds, one of over MAX_KIND_BYTES. Fields that a line should not have are left out.
    """
    return pack_lines(TailBuildLogsResponse.FromString(messages).build_logs)


def pack_lines(lines: Sequence[BuildLog]) -> tuple[bytes, bytes] | None:
    """Return the same of lines that were parsed; one at least."""
    kinds: dict[bytes, int] = {}
    column = [kinds.setdefault(_kind(line), len(kinds)) for line in lines]
    seconds = [line.created_at.seconds for line in lines]
    if len(kinds) > MAX_KINDS or max(map(len, kinds)) > MAX_KIND_BYTES:
        return None
    if min(seconds) < 0 or max(seconds) >> 7 * TIME_BYTES:
        return None
    texts = [line.content.encode() for line in lines]
    separator = _NOT_A_CHARACTER if any(LINES in text for text in texts) else LINES
    head = [separator, bytes((len(kinds),)), *(_KIND_LENGTH.pack(len(kind)) + kind for kind in kinds)]
    times = (*_planes(seconds), *_planes(line.created_at.nanos for line in lines))
    return separator.join(texts), b"".join((*head, bytes(column), *times))


def _kind(line: BuildLog) -> bytes:
    """Return a line's category and level as they stand in a message."""
    level = tag(BuildLog.LEVEL_FIELD_NUMBER, VARINT) + varint(line.level)
    return encode_delimited(BuildLog.CATEGORY_FIELD_NUMBER, line.category.encode()) + level if line.category else level


def _planes(numbers: Iterable[int]) -> Iterator[bytes]:
    """Yield the first bytes of numbers as varints of five bytes, then their second ones, and so on."""
    varints = b"".join(map(_five_bytes, numbers))
    for place in range(TIME_BYTES):
        yield varints[place::TIME_BYTES]


def _five_bytes(number: int) -> bytes:
    spread = number & 0x7F | (number & 0x3F80) << 1 | (number & 0x1F_C000) << 2 | (number & 0xFE0_0000) << 3
    return ((number >> 28) << 32 | spread | _MORE_FOLLOWS).to_bytes(TIME_BYTES, "little")


@dataclass(frozen=True, slots=True)
class Columns:
    """Lines that follow each other from `first_seq` on.

    `texts` has their texts with the byte `separator` in between. `kinds` are the fields of each kind as in a message
    (None: such lines are left out), `column` says for each line which it is. `times` has ten bytes a line, in ten
    columns: of the seconds, then of the nanoseconds, as varints of five bytes.
    """

    first_seq: int
    texts: bytes
    separator: int
    kinds: tuple[bytes | None, ...]
    column: bytes
    times: bytes

    @classmethod
    def read(cls, first_seq: int, count: int, texts: bytes, rest: bytes) -> "Columns":
        """Return the columns of `count` lines that `pack` made. Raises ValueError where they are not that."""
        kinds, at = [], 2
        try:
            for _ in range(rest[1]):
                [length] = _KIND_LENGTH.unpack_from(rest, at)
                at += _KIND_LENGTH.size + length
                kinds.append(rest[at - length : at])
                BuildLog.FromString(kinds[-1])
        except (IndexError, struct.error, DecodeError) as error:
            raise ValueError("the kinds can't be read") from error
        return cls(first_seq, texts, rest[0], tuple(kinds), rest[at : at + count], rest[at + count :])

    def only(self, wanted: Callable[[BuildLog], bool]) -> "Columns":
        """Return the columns without the lines whose kind, as a line with nothing else, is not wanted."""
        kinds = (kind if kind is not None and wanted(BuildLog.FromString(kind)) else None for kind in self.kinds)
        return replace(self, kinds=tuple(kinds))

    def runs(self, from_seq: int) -> "array[int]":
        """Return the runs of lines from `from_seq` on, but those left out: see `line_numbers`.

        Needs no texts. Raises ValueError where the columns do not fit each other.
        """
        wanted = bytes(kind is not None for kind in self.kinds)
        return array("q", find_runs(self.column, wanted, from_seq - self.first_seq, self.first_seq))

    def messages(self, build_id: str, from_seq: int, most: int, head: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Yield lines from `from_seq` on as the field `build_logs` of a tail, and the last line that each reaches.

        Each but the last has `most` bytes, or a line more. With a `head`, they are whole messages: it goes first, and
        `last_seq` last. Raises ValueError where the columns do not fit each other.
        """
        index = begin = 0
        while index < len(self.column):
            made, index, begin = self._messages(head, build_id, from_seq - self.first_seq, index, begin, most)
            if self.first_seq + index > from_seq:
                yield made, self.first_seq + index - 1

    def message(self, build_id: str, index: int, begin: int) -> bytes:
        """Return a single line like that, or nothing: the one of an index, whose text begins at `begin`."""
        return self._messages(b"", build_id, index, index, begin, 1)[0]

    def around(self, build_id: str, index: int, begin: int, count: int, most: int) -> tuple[bytes, int, int]:
        """Return a line with those around it as a SearchHit: see line_messages. Raises ValueError, as that does."""
        lines = (self.texts, self.separator, self.kinds, self.column, self.times)
        return around(build_id.encode(), self.first_seq, *lines, index, begin, count, most)

    def _messages(
        self, head: bytes, build_id: str, first: int, index: int, begin: int, most: int
    ) -> tuple[bytes, int, int]:
        at = (max(0, first), index, begin, most)
        lines = (self.texts, self.separator, self.kinds, self.column, self.times)
        return messages(head, build_id.encode(), self.first_seq, *lines, *at)
