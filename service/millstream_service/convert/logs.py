"""Lines and their bytes.

A chunk's payload is the bytes of the field `build_logs` of a TailBuildLogsResponse: so a reader is sent what is
stored, and nothing is built line by line unless a filter asks for it. An entry's fields carry the numbers that they
have in a BuildLog, so a line is put together from bytes: what the service adds (`id`, `build_id`, `seq`), then the
entry. Encoding: https://protobuf.dev/programming-guides/encoding/
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry, BuildLogLevel
from millstream.common.v1.position_pb2 import Position
from millstream_service.convert import fields
from millstream_service.errors import ListTooLargeError, MessageTooLargeError
from millstream_service.store.logs import FULL_CHUNK_BYTES, Chunk

LINE_BYTES = 1 << 20
MOST_ENTRIES = 10_000
MOST_CATEGORIES = 64
ANY_CATEGORY = "*"

DEBUG = BuildLogLevel.BUILD_LOG_LEVEL_DEBUG
INFO = BuildLogLevel.BUILD_LOG_LEVEL_INFO
_LEVELS = frozenset(BuildLogLevel.values()) - {0}
_ALL_LEVELS = sum(1 << level for level in _LEVELS)


def varint(number: int) -> bytes:
    """Return a non-negative number as a varint."""
    if number < 128:
        return bytes((number,))
    if number < 16_384:
        return bytes((number & 127 | 128, number >> 7))
    return bytes((number & 127 | 128,)) + varint(number >> 7)


def _delimited(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


_CREATED_AT = BuildLogEntry.CREATED_AT_FIELD_NUMBER
_LINE_TAG = varint(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER << 3 | 2)
_ID_TAG = varint(BuildLog.ID_FIELD_NUMBER << 3 | 2)
_SEQ_TAG = varint(BuildLog.SEQ_FIELD_NUMBER << 3)


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries that were checked: the bytes of each, and its level and category."""

    parts: list[bytes]
    levels: list[int]
    categories: list[str]

    @property
    def size(self) -> int:
        """The bytes of all."""
        return sum(map(len, self.parts))

    def encoder(self, build_id: str) -> Callable[[int, int], list[Chunk]]:
        """Return what makes chunks of these for a build. See store.logs.Encode."""
        return lambda first_seq, skip: list(_chunks(self, build_id, first_seq, skip))


def checked_entries(entries: Sequence[BuildLogEntry], path: str = "entries[{}]") -> Entries:
    """Check entries and take their bytes, with the level and the time where these are missing.

    `path` is where an entry with its index stands in the request. Raises ValidationFailedError, MessageTooLargeError
    and ListTooLargeError with the path of the field at fault.
    """
    if len(entries) > MOST_ENTRIES:
        raise ListTooLargeError("entries", MOST_ENTRIES)
    now = _delimited(_CREATED_AT, _timestamp(time.time_ns()).SerializeToString())
    checked = Entries([], [], [])
    parts, levels, categories = checked.parts, checked.levels, checked.categories
    for index, entry in enumerate(entries):
        level = entry.level
        if level not in _LEVELS:
            level = entry.level = _level(f"{path.format(index)}.level", level)
        has_time = entry.HasField("created_at")
        if has_time:
            created_at = entry.created_at
            if not (0 <= created_at.nanos < fields.NANOSECONDS and 0 <= created_at.seconds < 9_000_000_000):
                fields.nanoseconds(f"{path.format(index)}.created_at", created_at)
        category = ""
        if entry.HasField("category"):
            category = fields.identifier(f"{path.format(index)}.category", entry.category)
        data = entry.SerializeToString()
        if len(data) > LINE_BYTES:
            _check_size(f"{path.format(index)}.content", entry.content)
        parts.append(data if has_time else data + now)
        levels.append(level)
        categories.append(category)
    return checked


def _level(path: str, number: int) -> BuildLogLevel:
    return cast("BuildLogLevel", fields.known(path, BuildLogLevel, number) or INFO)  # a type in its stub only


def _check_size(path: str, content: str) -> None:
    size = len(content.encode())
    if size > LINE_BYTES:
        raise MessageTooLargeError(path, LINE_BYTES, size)


def _timestamp(nanoseconds: int) -> Timestamp:
    seconds, nanos = divmod(nanoseconds, fields.NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=nanos)


def _chunks(entries: Entries, build_id: str, first_seq: int, skip: int) -> Iterator[Chunk]:
    """Yield chunks that are full but for the last."""
    lines: list[bytes] = []
    size, start = 0, skip
    for index, line in enumerate(_lines(entries.parts[skip:], build_id, first_seq), skip):
        if lines and size + len(line) > FULL_CHUNK_BYTES:
            yield _chunk(entries, start, index, first_seq - skip, lines)
            lines, size, start = [], 0, index
        lines.append(line)
        size += len(line)
    yield _chunk(entries, start, len(entries.parts), first_seq - skip, lines)


def _chunk(entries: Entries, start: int, end: int, seq_of_zero: int, lines: list[bytes]) -> Chunk:
    payload = b"".join(lines)
    levels = 0
    for level in set(entries.levels[start:end]):
        levels |= 1 << level
    categories = sorted(set(entries.categories[start:end]))
    named = "\n".join(categories) if len(categories) <= MOST_CATEGORIES else ANY_CATEGORY
    return Chunk(seq_of_zero + start, seq_of_zero + end - 1, levels, named, len(payload), payload)


def _lines(parts: Iterable[bytes], build_id: str, first_seq: int) -> Iterator[bytes]:
    """Yield the bytes of each line: the tag and the length, `id`, `build_id`, `seq`, then the entry's."""
    name = build_id.encode()
    build_field = _delimited(BuildLog.BUILD_ID_FIELD_NUMBER, name) + _SEQ_TAG
    digits = 0
    id_start = b""
    for seq, part in enumerate(parts, first_seq):
        number = b"%d" % seq
        if len(number) != digits:
            digits = len(number)
            id_start = _ID_TAG + varint(len(name) + 1 + digits) + name + b"/"
        line = b"%b%b%b%b%b" % (id_start, number, build_field, varint(seq), part)
        yield b"%b%b%b" % (_LINE_TAG, varint(len(line)), line)


def lines_of(payload: bytes) -> Sequence[BuildLog]:
    """Return the lines of a chunk."""
    return TailBuildLogsResponse.FromString(payload).build_logs


def tail_message(revision: int, last_seq: int, payloads: Sequence[bytes]) -> bytes:
    """Return a TailBuildLogsResponse, serialized: fields may stand in any order, so payloads go in as they are."""
    head = TailBuildLogsResponse(position=Position(revision=revision), last_seq=last_seq)
    return b"".join((head.SerializeToString(), *payloads))


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are asked for: those whose level's bit is in `levels`, and of one category or of any (None)."""

    levels: int = _ALL_LEVELS
    category: str | None = None

    def takes_all(self, chunk: Chunk) -> bool:
        """Return whether every line of the chunk fits, as far as the chunk itself tells."""
        if chunk.levels & ~self.levels or self.category == ANY_CATEGORY:
            return False
        return self.category in (None, chunk.categories)

    def takes_none(self, chunk: Chunk) -> bool:
        """Return whether surely no line of the chunk fits."""
        if not chunk.levels & self.levels:
            return True
        if self.category is None or chunk.categories == ANY_CATEGORY:
            return False
        return self.category not in chunk.categories.split("\n")

    def fits(self, line: BuildLog) -> bool:
        """Return whether a line is asked for."""
        return bool(self.levels >> line.level & 1) and self.category in (None, line.category)


def line_filter(min_level: int, category: str | None, *, debug: bool = True) -> LineFilter:
    """Return the filter for a request's fields. Lines of level DEBUG come with `debug`, or where it is the least level.

    Raises ValidationFailedError for a level that the enum does not have.
    """
    fields.known("min_level", BuildLogLevel, min_level)
    levels = sum(1 << level for level in _LEVELS if level >= min_level)
    if not debug and min_level != DEBUG:
        levels &= ~(1 << DEBUG)
    return LineFilter(levels, category)


def payload_of(lines: Iterable[BuildLog]) -> bytes:
    """Return lines as a payload."""
    return b"".join(
        _delimited(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER, line.SerializeToString()) for line in lines
    )


def fitting(chunk: Chunk, wanted: LineFilter, after_seq: int) -> bytes:
    """Return the payload of the chunk's lines that are asked for and come after `after_seq`."""
    if wanted.takes_none(chunk):
        return b""
    if chunk.first_seq > after_seq and wanted.takes_all(chunk):
        return chunk.plain
    return payload_of(line for line in lines_of(chunk.plain) if line.seq > after_seq and wanted.fits(line))
