"""Entries that come in, and the chunks of messages that they make.

The lines of a new chunk are the bytes of the field `build_logs` of a TailBuildLogsResponse: followers of a build
are sent what is stored. See entry_lines for how they are put together.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest, TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry, BuildLogLevel
from millstream.common.v1.position_pb2 import Position
from millstream_service.convert import fields
from millstream_service.convert.logs.entry_lines import lines, take
from millstream_service.convert.wire import VARINT, encode_delimited, tag, varint
from millstream_service.errors import ListTooLargeError, MessageTooLargeError
from millstream_service.store.logs.logs import APPENDED_CHUNK_BYTES, Chunk

LINE_BYTES = 1 << 20
MAX_ENTRIES = 10_000
MAX_CATEGORIES = 64
ANY_CATEGORY = "*"

INFO = BuildLogLevel.BUILD_LOG_LEVEL_INFO
LEVELS = frozenset(BuildLogLevel.values()) - {0}

_CREATED_AT = BuildLogEntry.CREATED_AT_FIELD_NUMBER
_LAST_SEQ = tag(TailBuildLogsResponse.LAST_SEQ_FIELD_NUMBER, VARINT)


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


def check_batch(request: AppendBuildLogsRequest) -> Entries:
    """Check the entries of a request, as `check_entries` does: at once, where all are as they usually are."""
    return usual_batch(request) or check_entries(request.entries)


def usual_batch(request: AppendBuildLogsRequest) -> Entries | None:
    """Return the entries of a request, checked, where all are as they usually are: it takes a moment. Else None."""
    found = take(request.SerializeToString(), _now()) if len(request.entries) <= MAX_ENTRIES else None
    return None if found is None else Entries(*found)


def check_entries(entries: Sequence[BuildLogEntry], path: str = "entries[{}]") -> Entries:
    """Check entries and take their bytes, with the level and the time where these are missing.

    `path` is where an entry with its index stands in the request. Raises ValidationFailedError, MessageTooLargeError
    and ListTooLargeError with the path of the field at fault.
    """
    if len(entries) > MAX_ENTRIES:
        raise ListTooLargeError("entries", MAX_ENTRIES)
    now = _now()
    checked = Entries([], [], [])
    parts, levels, categories = checked.parts, checked.levels, checked.categories
    known: set[str] = set()
    for index, entry in enumerate(entries):
        level = entry.level
        if level not in LEVELS:
            level = entry.level = _level(f"{path.format(index)}.level", level)
        has_time = entry.HasField("created_at")
        if has_time:
            created_at = entry.created_at
            if not (0 <= created_at.nanos < fields.NANOSECONDS and 0 <= created_at.seconds < 9_000_000_000):
                fields.nanoseconds(f"{path.format(index)}.created_at", created_at)
        category = entry.category
        if category not in known and entry.HasField("category"):
            known.add(fields.identifier(f"{path.format(index)}.category", category))
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


def _now() -> bytes:
    """Return the time as the field `created_at`."""
    seconds, nanos = divmod(time.time_ns(), fields.NANOSECONDS)
    return encode_delimited(_CREATED_AT, Timestamp(seconds=seconds, nanos=nanos).SerializeToString())


def _chunks(entries: Entries, build_id: str, first_seq: int, skip: int) -> Iterator[Chunk]:
    """Yield chunks that are full but for the last."""
    name, seq_of_zero = build_id.encode(), first_seq - skip
    end = skip
    while end < len(entries.parts):
        start = end
        payload, end = lines(entries.parts, name, seq_of_zero, start, APPENDED_CHUNK_BYTES)
        levels = 0
        for level in set(entries.levels[start:end]):
            levels |= 1 << level
        named = categories_text(set(entries.categories[start:end]))
        yield Chunk(seq_of_zero + start, seq_of_zero + end - 1, levels, named, len(payload), payload)


def categories_text(names: Collection[str]) -> str:
    """Return what a chunk says of the categories that occur in it."""
    return ANY_CATEGORY if ANY_CATEGORY in names or len(names) > MAX_CATEGORIES else "\n".join(sorted(names))


def lines_of(payload: bytes) -> Sequence[BuildLog]:
    """Return the lines of messages. Raises ValueError where they are none."""
    try:
        return TailBuildLogsResponse.FromString(payload).build_logs
    except DecodeError as error:
        raise ValueError("these are not messages") from error


def messages_of(lines: Iterable[BuildLog]) -> bytes:
    """Return lines as messages."""
    return b"".join(
        encode_delimited(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER, line.SerializeToString()) for line in lines
    )


def tail_head(revision: int) -> bytes:
    """Return what the messages of a tail begin with."""
    return TailBuildLogsResponse(position=Position(revision=revision)).SerializeToString()


def tail_message(head: bytes, last_seq: int, pieces: Iterable[bytes]) -> bytes:
    """Return a TailBuildLogsResponse, serialized. Pieces may be some of their own: what comes last counts."""
    return b"".join((head, *pieces, _LAST_SEQ + varint(last_seq)))
