"""Lines of logs, read from their chunks. Runs in reading threads."""

from collections.abc import Iterator
from dataclasses import dataclass

from millstream.builds.v1.build_log_pb2 import BuildLog

from millstream_service.convert.logs import LineFilter, fitting, lines_of, tail_message
from millstream_service.store import logs, queries
from millstream_service.store.database import Reader
from millstream_service.store.logs import FULL_CHUNK_BYTES
from millstream_service.store.merging import plain

PAGE_BYTES = 2 << 20


def find(connection: Reader, log_id: tuple[str, int]) -> BuildLog | None:
    """Return one line, or None."""
    build_id, seq = log_id
    for chunk in logs.chunks_from(connection, build_id, seq):
        if chunk.first_seq > seq:
            return None
        return lines_of(plain(chunk).payload)[seq - chunk.first_seq]
    return None


def after(connection: Reader, build_id: str, seq: int, wanted: LineFilter) -> Iterator[BuildLog]:
    """Yield the lines behind `seq` that are asked for, as they are taken. Raises NotFoundError."""
    logs.head(connection, build_id)
    for chunk in logs.chunks_from(connection, build_id, seq + 1):
        if not wanted.takes_none(chunk):
            yield from (line for line in lines_of(plain(chunk).payload) if line.seq > seq and wanted.fits(line))


def between(connection: Reader, build_id: str, first: int, last: int) -> list[BuildLog]:
    """Return the lines from `first` to `last`."""
    found: list[BuildLog] = []
    for chunk in logs.chunks_from(connection, build_id, first):
        if chunk.first_seq > last:
            break
        found += [line for line in lines_of(plain(chunk).payload) if first <= line.seq <= last]
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """Messages of a tail, the last line they reach, whether there is more, and the status of the build."""

    messages: list[bytes]
    last_seq: int
    more: bool
    status: int


def tail_page(connection: Reader, build_id: str, after_seq: int, wanted: LineFilter) -> Page:
    """Return the next messages of a tail: stored bytes, small chunks together. Raises NotFoundError."""
    revision = queries.revision(connection)
    head = logs.head(connection, build_id)
    messages: list[bytes] = []
    payloads: list[bytes] = []
    size = total = 0
    last_seq = after_seq
    if after_seq < head.last_seq:
        for chunk in logs.chunks_from(connection, build_id, after_seq + 1):
            if payloads and size + chunk.size > FULL_CHUNK_BYTES:
                messages.append(tail_message(revision, last_seq, b"".join(payloads)))
                payloads, size = [], 0
                if total >= PAGE_BYTES:
                    break
            payloads.append(fitting(plain(chunk) if not wanted.takes_none(chunk) else chunk, wanted, after_seq))
            size += len(payloads[-1])
            total += chunk.size
            last_seq = chunk.last_seq
        else:
            last_seq = max(last_seq, head.last_seq)
    if payloads or (last_seq > after_seq and not messages):
        messages.append(tail_message(revision, last_seq, b"".join(payloads)))
    return Page(messages, last_seq, last_seq < head.last_seq, head.status)
