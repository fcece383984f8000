"""Lines of logs, read from their chunks.

Runs in reading threads; only the messages of a page are put together where they are taken, in the event loop.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.logs.chunks import MESSAGE_BYTES, Part, lines_in, parts
from millstream_service.convert.logs.line_filter import LineFilter
from millstream_service.convert.logs.logs import tail_head, tail_message
from millstream_service.store.database.database import Reader
from millstream_service.store.logs import logs

CHUNKS_AT_ONCE = 1_000
"""So many small chunks are read for one message at the most, however little of them is asked for."""
_FEW_BYTES = 8 << 10
_NEIGHBOURS = 50, logs.PAGE_BYTES
"""What is read of chunks at first, where lines of two are wanted."""


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


def some(connection: Reader, build_id: str, first: int, last: int, spare: int) -> tuple[list[BuildLog], bool]:
    """Return the lines from `first` to `last`, perhaps some more behind them, and whether the log ends there.

    These are about `spare` bytes at the most, and none of a merged chunk.
    """
    found: list[BuildLog] = []
    for chunk in logs.chunks_from(connection, build_id, first, _NEIGHBOURS):
        for line in lines_in(chunk, build_id, from_seq=first, at_once=_FEW_BYTES):
            found.append(line)
            spare -= line.ByteSize() if line.seq > last else 0
            if line.seq >= last and (chunk.merged or spare <= 0):
                return found, False
    return found, True


@dataclass(frozen=True, slots=True)
class Page:
    """Messages of a tail, each with its last line, and about how large they are together at the most.

    `last_seq` is the last line of all, `more` says whether the log has more, `status` is that of the build.

    The messages are put together as they are taken, a moment each: it needs no thread. Raises StoreCorruptError.
    """

    messages: Iterator[tuple[bytes, int]]
    max_bytes: int
    last_seq: int
    more: bool
    status: int


def tail_page(
    connection: Reader,
    build_id: str,
    after_seq: int,
    wanted: LineFilter,
    max_bytes: int,
    message_bytes: int = MESSAGE_BYTES,
) -> Page:
    """Return the next messages of a tail, small chunks together in one. Raises NotFoundError and StoreCorruptError.

    Chunks are read until they have `max_bytes`.
    """
    head = logs.head(connection, build_id)
    start = tail_head(head.revision)
    opened: deque[Iterator[Part]] = deque()
    read, last_seq = 0, max(after_seq, head.last_seq)
    for chunk in logs.chunks_from(connection, build_id, after_seq + 1) if after_seq < head.last_seq else ():
        opened.append(parts(chunk, build_id, wanted, after_seq + 1, message_bytes, start))
        asked_for = chunk.last_seq - max(after_seq, chunk.first_seq - 1)
        read += chunk.size * asked_for // (chunk.last_seq - chunk.first_seq + 1)
        if read >= max_bytes:
            last_seq = chunk.last_seq
            break
    messages = _messages(opened, start, after_seq, last_seq, message_bytes)
    return Page(messages, read, last_seq, more=last_seq < head.last_seq, status=head.status)


def _messages(
    opened: deque[Iterator[Part]], start: bytes, after_seq: int, last_seq: int, message_bytes: int
) -> Iterator[tuple[bytes, int]]:
    pieces: list[bytes] = []
    size, reached = 0, after_seq
    while opened:
        for part in opened.popleft():
            if pieces and (size + len(part.data) > message_bytes or len(pieces) == CHUNKS_AT_ONCE):
                yield tail_message(start, reached, pieces), reached
                pieces, size = [], 0
            reached = part.last_seq
            if part.whole and not pieces and 2 * len(part.data) > message_bytes:
                yield part.data, reached
            else:
                pieces.append(part.data)
                size += len(part.data)
    if reached < last_seq or pieces:
        yield tail_message(start, last_seq, pieces), last_seq
