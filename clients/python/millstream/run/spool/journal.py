"""The journal of one run: what its command wrote, in the order in which it was read.

A record is a header (kind, length, checksum, time) and a payload. The writer only appends, to the page cache, without
fsync; a reader may follow while the writer is at work. A torn record at the end is as if it had never been written,
and so are the zeros after it: room is taken from the disk ahead of the records, so that there is always some left to
say how the command ended. What did not fit is counted, and the count is recorded as soon as there is room again.
"""

import contextlib
import enum
import errno
import os
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

PAYLOAD_LIMIT = 256 * 1024
"""The largest payload, in bytes."""

_HEADER = struct.Struct("<BIIq")
_COUNT = struct.Struct("<Q")
_END = struct.Struct("<i?")
_BLOCK = 1024 * 1024
_ROOM_AHEAD = 128 * 1024
_RESERVE = 128
"""Room for what is lost and how it ended, in bytes; what is lost takes some of it before it is made up again."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Kind(enum.IntEnum):
    """What a record says."""

    STARTED = 1
    STDOUT = 2
    STDERR = 3
    LOST = 4
    """Payload: how many bytes of output could not be recorded here."""
    NOTE = 5
    """Payload: what the run itself has to say: why the command could not be started."""
    ENDED = 6
    """Payload: the exit code, and whether it was stopped. The last record."""


_KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `time_us`: when it was written, in microseconds since 1970."""

    kind: Kind
    time_us: int
    payload: bytes

    @property
    def lost(self) -> int:
        """Of a LOST record: how many bytes."""
        return int(_COUNT.unpack(self.payload)[0])

    @property
    def ending(self) -> "Ending":
        """Of an ENDED record: how it ended."""
        code, stopped = _END.unpack(self.payload)
        return Ending(code, stopped)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended: its exit code, and whether it was stopped (by a user, a signal, or from outside)."""

    code: int
    stopped: bool


class JournalWriter:
    """Appends to a new journal. Never raises for want of room, and never waits but for the page cache."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._end = 0
        self._room = 0
        self._lost = 0
        self._make_room(_RESERVE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, kind: Kind, payload: bytes = b"") -> None:
        """Append one record of at most PAYLOAD_LIMIT bytes, or count them as lost."""
        if not (self._make_room(_HEADER.size + len(payload) + _RESERVE) and self._put_all(kind, payload)):
            self._lost += len(payload)

    def end(self, ending: Ending) -> None:
        """Append the last record. There is room for it, except where the system can't take room ahead (macOS)."""
        self._put_all(Kind.ENDED, _END.pack(ending.code, ending.stopped))

    def sync(self) -> None:
        """Wait until all of it would survive a power cut."""
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file, and of the room that was not used."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._end)
        os.close(self._file)

    def _put_all(self, kind: Kind, payload: bytes) -> bool:
        if self._lost and self._put(Kind.LOST, _COUNT.pack(self._lost)):
            self._lost = 0
        return not self._lost and self._put(kind, payload)

    def _put(self, kind: Kind, payload: bytes) -> bool:
        time_us = time.time_ns() // 1000
        checksum = zlib.crc32(payload, zlib.crc32(_HEADER.pack(kind, len(payload), 0, time_us)))
        record = _HEADER.pack(kind, len(payload), checksum, time_us) + payload
        try:
            written = os.pwrite(self._file, record, self._end)
        except OSError:
            written = 0
        if written < len(record):
            return False  # The next record overwrites it, and the reader stops at it until then.
        self._end += written
        return True

    def _make_room(self, size: int) -> bool:
        """Make sure that the disk has so many bytes for us after the last record."""
        if self._end + size <= self._room or not hasattr(os, "posix_fallocate"):
            return True
        ahead = max(size, _ROOM_AHEAD)
        try:
            os.posix_fallocate(self._file, self._end, ahead)
        except OSError as error:
            return error.errno not in _NO_ROOM
        self._room = self._end + ahead
        return True


class JournalReader:
    """Reads a journal from its beginning, as far as it has been written. At most a megabyte or so in memory."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._offset = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def read(self) -> Iterator[Record]:
        """Yield the records that are whole and were not read yet. Called again, it goes on where it stopped."""
        while records := self._read_block():
            yield from records

    def _read_block(self) -> list[Record]:
        block = os.pread(self._file, _BLOCK, self._offset)
        records: list[Record] = []
        at = 0
        while (found := _record_at(block, at)) is not None:
            record, at = found
            records.append(record)
        self._offset += at
        return records


def _record_at(block: bytes, at: int) -> tuple[Record, int] | None:
    start = at + _HEADER.size
    if start > len(block):
        return None
    kind, length, checksum, time_us = _HEADER.unpack_from(block, at)
    payload = block[start : start + length]
    if len(payload) < length or kind not in _KINDS:
        return None
    if zlib.crc32(payload, zlib.crc32(_HEADER.pack(kind, length, 0, time_us))) != checksum:
        return None
    return Record(Kind(kind), time_us, payload), start + length
