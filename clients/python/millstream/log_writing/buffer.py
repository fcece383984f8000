"""The lines that a log writer has taken and the service has not yet stored."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest
from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.errors import MessageTooLargeError

MAX_LINE_BYTES = 1024 * 1024
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_ENTRIES = 1_000
MAX_BUFFERED_BYTES = 8 * 1024 * 1024
# What an entry takes besides its text: tags, level, time, a short category.
ENTRY_BYTES = 40


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lines as they go over the wire, kept until they are acknowledged: they may have to be sent again."""

    last_entry: int
    data: bytes


class LogBuffer:
    """Lines in order, numbered from `first_entry` on, bounded by their bytes.

    Cycle of a line: added to the open batch -> the batch is sealed (it is full, or someone wants it sent) -> sent ->
    acknowledged and forgotten, or, after `rewind`, sent again. Any thread may add; the rest is called by the event
    loop that sends. `_lock` guards all fields. `on_change` is called, without the lock, when a batch was begun or
    sealed.
    """

    def __init__(self, build_id: str, writer_id: str, first_entry: int, on_change: Callable[[], None]) -> None:
        self._header = AppendBuildLogsRequest(build_id=build_id, writer_id=writer_id)
        self._on_change = on_change
        self._lock = threading.Lock()
        self._sealed: deque[Batch] = deque()
        self._sealed_bytes = 0
        self._sent = 0
        self._error: Exception | None = None
        self.last_entry = self.sealed_entry = self.durable_entry = first_entry - 1
        self._begin_batch()

    def add(
        self,
        content: str,
        level: BuildLogLevel,
        category: str | None = None,
        created_at: datetime | Timestamp | None = None,
    ) -> int:
        """Add a line; without `created_at` it is one of now. Returns its number, or 0 where there is no room for it.

        Raises MessageTooLargeError, ValueError (text that is no UTF-8), and the error that the buffer failed with.
        """
        size = _check_size(content)
        with self._lock:
            if self._error is not None:
                raise self._error.with_traceback(None)  # raised again and again, it would grow
            if not self._has_room(size):
                return 0
            is_news = self._make_batch(size)
            self._append(content, level, category, created_at)
            self._open_bytes += size
            self.last_entry = number = self.last_entry + 1
            if len(self._open.entries) >= MAX_BATCH_ENTRIES:
                self._seal()
                is_news = True
        if is_news:
            self._on_change()
        return number

    def seal(self) -> int:
        """Close the open batch, so that it can be sent. Returns the number of the last line so far."""
        with self._lock:
            self._seal()
            return self.last_entry

    def next_batch(self, max_unacknowledged: int) -> Batch | None:
        """Return the next batch to send and count it as sent; None where there is none, or enough are under way."""
        with self._lock:
            if self._sent >= min(len(self._sealed), max_unacknowledged):
                return None
            self._sent += 1
            return self._sealed[self._sent - 1]

    def rewind(self) -> None:
        """Count what is not acknowledged as not sent."""
        with self._lock:
            self._sent = 0

    def acknowledge(self, durable_entry: int) -> None:
        """Forget the lines up to this one."""
        with self._lock:
            self.durable_entry = max(self.durable_entry, min(durable_entry, self.sealed_entry))
            while self._sealed and self._sealed[0].last_entry <= durable_entry:
                self._sealed_bytes -= len(self._sealed.popleft().data)
                self._sent = max(0, self._sent - 1)

    def open_age(self) -> float | None:
        """Return for how many seconds the open batch has waited; None where it is empty, or others go before it."""
        with self._lock:
            is_next = self._open.entries and self._sent == len(self._sealed)
            return time.monotonic() - self._opened_at if is_next else None

    def has_room(self, content: str) -> bool:
        """Whether `add` would take this line now, or has an error to raise."""
        with self._lock:
            return self._error is not None or self._has_room(_check_size(content))

    def fail(self, error: Exception) -> None:
        """Take no more lines: `add` raises this error from now on. The first error counts."""
        with self._lock:
            self._error = self._error or error

    def _has_room(self, size: int) -> bool:
        return self._open_bytes + self._sealed_bytes + size <= MAX_BUFFERED_BYTES

    def _make_batch(self, size: int) -> bool:
        """Make sure that a line of this size fits the open batch. Returns whether it will be the batch's first."""
        if self._open_bytes + size > MAX_BATCH_BYTES:
            self._seal()
        if self._open.entries:
            return False
        self._opened_at = time.monotonic()
        return True

    def _append(
        self, content: str, level: BuildLogLevel, category: str | None, created_at: datetime | Timestamp | None
    ) -> None:
        entries = self._open.entries
        entry = entries.add()
        try:
            entry.content = content
            entry.level = level
            if category is not None:
                entry.category = category
            _stamp(entry.created_at, created_at)
        except BaseException:
            del entries[-1]
            raise

    def _seal(self) -> None:
        if self._open.entries:
            batch = Batch(self.last_entry, self._open.SerializeToString())
            self._sealed.append(batch)
            self._sealed_bytes += len(batch.data)
            self.sealed_entry = self.last_entry
            self._begin_batch()

    def _begin_batch(self) -> None:
        # Every batch names build and writer, so that any of them can be the first of a call.
        self._open = AppendBuildLogsRequest(
            build_id=self._header.build_id, writer_id=self._header.writer_id, first_entry=self.last_entry + 1
        )
        self._open_bytes = 0
        self._opened_at = 0.0


def _check_size(content: str) -> int:
    size = len(content) if content.isascii() else len(content.encode())
    if size > MAX_LINE_BYTES:
        raise MessageTooLargeError(
            f"a line of {size:,} bytes is larger than the limit of {MAX_LINE_BYTES:,}",
            metadata={"limit": str(MAX_LINE_BYTES), "size": str(size)},
        )
    return size + ENTRY_BYTES


def _stamp(stamp: Timestamp, time_given: datetime | Timestamp | None) -> None:
    if time_given is None:
        now = time.time_ns()
        stamp.seconds = now // 1_000_000_000
        stamp.nanos = now % 1_000_000_000
    elif isinstance(time_given, Timestamp):
        stamp.CopyFrom(time_given)
    else:
        # As everywhere in Python, a datetime without a zone is in local time.
        stamp.FromDatetime(time_given.astimezone())
