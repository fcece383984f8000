"""Lines of logs, read from their chunks. Runs in reading threads."""

from collections.abc import Iterator
from dataclasses import dataclass

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.logs import LineFilter, fitting, lines_of, tail_message
from millstream_service.store import logs
from millstream_service.store.database import Reader
from millstream_service.store.logs import FULL_CHUNK_BYTES

PAGE_BYTES = 2 << 20
CHUNKS_AT_ONCE = 1_000
"""So many small chunks are read for one message at the most, however little of them is asked for."""


def find(connection: Reader, log_id: tuple[str, int]) -> BuildLog | None:
    """Return one line, or None."""
    build_id, seq = log_id
    for chunk in logs.chunks_from(connection, build_id, seq):
        if chunk.first_seq > seq:
            return None
        return lines_of(chunk.plain)[seq - chunk.first_seq]
    return None


def after(connection: Reader, build_id: str, seq: int, wanted: LineFilter) -> Iterator[BuildLog]:
    """Yield the lines behind `seq` that are asked for, as they are taken. Raises NotFoundError."""
    logs.head(connection, build_id)
    for chunk in logs.chunks_from(connection, build_id, seq + 1):
        if not wanted.takes_none(chunk):
            yield from (line for line in lines_of(chunk.plain) if line.seq > seq and wanted.fits(line))


def between(connection: Reader, build_id: str, first: int, last: int) -> list[BuildLog]:
    """Return the lines from `first` to `last`."""
    found: list[BuildLog] = []
    for chunk in logs.chunks_from(connection, build_id, first):
        if chunk.first_seq > last:
            break
        found += [line for line in lines_of(chunk.plain) if first <= line.seq <= last]
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """Messages of a tail; the last line they reach; whether there is more; the status of the build."""

    messages: list[bytes]
    last_seq: int
    more: bool
    status: int


def tail_page(connection: Reader, build_id: str, after_seq: int, wanted: LineFilter) -> Page:
    """Return the next messages of a tail: stored bytes, small chunks together. Raises NotFoundError."""
    head = logs.head(connection, build_id)
    messages: list[bytes] = []
    payloads: list[bytes] = []
    size = total = 0
    last_seq = after_seq
    for chunk in logs.chunks_from(connection, build_id, after_seq + 1) if after_seq < head.last_seq else ():
        if payloads and (size + chunk.size > FULL_CHUNK_BYTES or len(payloads) == CHUNKS_AT_ONCE):
            messages.append(tail_message(head.revision, last_seq, payloads))
            payloads, size = [], 0
            if total >= PAGE_BYTES:
                return Page(messages, last_seq, more=True, status=head.status)
        payloads.append(fitting(chunk, wanted, after_seq))
        size += len(payloads[-1])
        total += chunk.size
        last_seq = chunk.last_seq
    if after_seq < head.last_seq:
        messages.append(tail_message(head.revision, head.last_seq, payloads))
    return Page(messages, max(after_seq, head.last_seq), more=False, status=head.status)
