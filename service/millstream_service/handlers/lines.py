"""Lines of logs, read from their chunks. Runs in reading threads."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.chunks import MESSAGE_BYTES, Part, lines_in, parts
from millstream_service.convert.line_filter import LineFilter
from millstream_service.convert.logs import tail_message
from millstream_service.store import logs
from millstream_service.store.database import Reader

CHUNKS_AT_ONCE = 1_000
"""So many small chunks are read for one message at the most, however little of them is asked for."""


def find(connection: Reader, log_id: tuple[str, int]) -> BuildLog | None:
    """Return one line, or None."""
    build_id, seq = log_id
    found = between(connection, build_id, seq, seq)
    return found[0] if found else None


def after(connection: Reader, build_id: str, seq: int, wanted: LineFilter) -> Iterator[BuildLog]:
    """Yield the lines behind `seq` that are asked for, as they are taken. Raises NotFoundError."""
    logs.head(connection, build_id)
    for chunk in logs.chunks_from(connection, build_id, seq + 1):
        yield from lines_in(chunk, build_id, wanted, seq + 1)


def between(connection: Reader, build_id: str, first: int, last: int) -> list[BuildLog]:
    """Return the lines from `first` to `last`."""
    found: list[BuildLog] = []
    for chunk in logs.chunks_from(connection, build_id, first):
        if chunk.first_seq > last:
            break
        found += takewhile(lambda line: line.seq <= last, lines_in(chunk, build_id, from_seq=first))
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """Messages of a tail, each with its last line; the last of all; whether there is more; the status of the build."""

    messages: list[tuple[bytes, int]]
    last_seq: int
    more: bool
    status: int


def tail_page(
    connection: Reader,
    build_id: str,
    after_seq: int,
    wanted: LineFilter,
    most_bytes: int,
    message_bytes: int = MESSAGE_BYTES,
) -> Page:
    """Return the next messages of a tail, small chunks together in one. Raises NotFoundError.

    About `most_bytes` are read, or up to twice as many to the end of a chunk: its beginning need not be decompressed a
    second time. More only where a single chunk of messages is larger.
    """
    head = logs.head(connection, build_id)
    made: list[tuple[bytes, int]] = []
    pieces: list[bytes] = []
    size = read = 0
    last_seq = after_seq
    for part, cost, ends_chunk in _parts(connection, build_id, after_seq, head, wanted, min(most_bytes, message_bytes)):
        if (size + len(part.data) > message_bytes and pieces) or len(pieces) == CHUNKS_AT_ONCE:
            made.append((tail_message(head.revision, last_seq, pieces), last_seq))
            pieces, size = [], 0
        pieces.append(part.data)
        size += len(part.data)
        read += cost
        last_seq = part.last_seq
        if read >= most_bytes and (ends_chunk or read >= 2 * most_bytes):
            break
    else:
        last_seq = max(after_seq, head.last_seq)
    if after_seq < last_seq:
        made.append((tail_message(head.revision, last_seq, pieces), last_seq))
    return Page(made, last_seq, more=last_seq < head.last_seq, status=head.status)


def _parts(
    connection: Reader, build_id: str, after_seq: int, head: logs.Head, wanted: LineFilter, part_bytes: int
) -> Iterator[tuple[Part, int, bool]]:
    """Yield parts of chunks, how many bytes were read for each, and whether it ends its chunk."""
    if after_seq >= head.last_seq:
        return
    for chunk in logs.chunks_from(connection, build_id, after_seq + 1):
        last_seq = max(after_seq, chunk.first_seq - 1)
        for part in parts(chunk, build_id, wanted, after_seq + 1, part_bytes):
            cost = chunk.size * (part.last_seq - last_seq) // (chunk.last_seq - chunk.first_seq + 1)
            yield part, cost, part.last_seq == chunk.last_seq
            last_seq = part.last_seq
