"""The entries that a writer has taken and the service has not yet stored."""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.errors import MessageTooLargeError

MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_ENTRIES = 1_000
MAX_BUFFERED_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries as they go over the wire, kept until they are acknowledged: they may have to be sent again."""

    last_entry: int
    data: bytes


class EntryBuffer(ABC):
    """Entries in order, numbered from `first_entry` on, bounded by their bytes.

    Cycle of an entry: added to the open batch -> the batch is sealed (it is full, or someone wants it sent) -> sent ->
    acknowledged and forgotten, or, after `rewind`, sent again. Any thread may add; the rest is called by the event
    loop that sends. `_lock` guards all fields. `on_change` is called, without the lock, when a batch was begun or
    sealed.

    `header` is a request without entries: what every batch says. `field` is the name of its entries. Raises ValueError
    for a `first_entry` below 1.
    """

    noun: ClassVar[str]
    """What the entries are called."""

    writer: ClassVar[str]
    """What their writer is called."""

    def __init__(self, header: Any, field: str, first_entry: int, on_change: Callable[[], None]) -> None:
        if first_entry < 1:
            raise ValueError(f"first_entry counts from 1, it can't be {first_entry}")
        self._header = header
        self._field = field
        self._on_change = on_change
        self._lock = threading.Lock()
        self._sealed: deque[Batch] = deque()
        self._sealed_bytes = 0
        self._sent = 0
        self._error: Exception | None = None
        self.last_entry = self.sealed_entry = self.durable_entry = first_entry - 1
        self._begin_batch()

    def _add(self, size: int, *values: Any) -> int:
        """Add an entry made of `values`, of about this many bytes. Returns its number, or 0 where there is no room.

        Raises what `_append` does, and the error that the buffer failed with.
        """
        with self._lock:
            if self._error is not None:
                raise self._error.with_traceback(None)  # raised again and again, it would grow
            if not self._has_room(size):
                return 0
            is_news = self._make_batch(size)
            self._append(self._entries, *values)
            self._open_bytes += size
            self.last_entry = number = self.last_entry + 1
            if len(self._entries) >= MAX_BATCH_ENTRIES:
                self._seal()
                is_news = True
        if is_news:
            self._on_change()
        return number

    @abstractmethod
    def _append(self, entries: Any, *values: Any) -> None:
        """Put an entry made of `values` at the end of `entries`; where that fails, leave them as they are."""

    def seal(self) -> int:
        """Close the open batch, so that it can be sent. Returns the number of the last entry so far."""
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
        """Forget the entries up to this one."""
        with self._lock:
            self.durable_entry = max(self.durable_entry, min(durable_entry, self.sealed_entry))
            while self._sealed and self._sealed[0].last_entry <= durable_entry:
                self._sealed_bytes -= len(self._sealed.popleft().data)
                self._sent = max(0, self._sent - 1)

    def open_age(self) -> float | None:
        """Return for how many seconds the open batch has waited; None where it is empty, or others go before it."""
        with self._lock:
            is_next = self._entries and self._sent == len(self._sealed)
            return time.monotonic() - self._opened_at if is_next else None

    def has_room(self, size: int) -> bool:
        """Whether an entry of this size would be taken now, or there is an error to raise."""
        with self._lock:
            return self._error is not None or self._has_room(size)

    def fail(self, error: Exception) -> None:
        """Take no more entries: to add one raises this error from now on. The first error counts."""
        with self._lock:
            self._error = self._error or error

    def _has_room(self, size: int) -> bool:
        return self._open_bytes + self._sealed_bytes + size <= MAX_BUFFERED_BYTES

    def _make_batch(self, size: int) -> bool:
        """Make sure that an entry of this size fits the open batch. Returns whether it will be the batch's first."""
        if self._open_bytes + size > MAX_BATCH_BYTES:
            self._seal()
        if self._entries:
            return False
        self._opened_at = time.monotonic()
        return True

    def _seal(self) -> None:
        if self._entries:
            batch = Batch(self.last_entry, self._open.SerializeToString())
            self._sealed.append(batch)
            self._sealed_bytes += len(batch.data)
            self.sealed_entry = self.last_entry
            self._begin_batch()

    def _begin_batch(self) -> None:
        # Every batch has the whole header, so that any of them can be the first of a call.
        self._open = type(self._header)()
        self._open.CopyFrom(self._header)
        self._open.first_entry = self.last_entry + 1
        self._entries = getattr(self._open, self._field)
        self._open_bytes = 0
        self._opened_at = 0.0


def check_size(what: str, size: int, limit: int) -> int:
    """Return a size in bytes. Raises MessageTooLargeError where it is over the limit; `what` is so large."""
    if size > limit:
        raise MessageTooLargeError(
            f"{what} of {size:,} bytes is larger than the limit of {limit:,}",
            metadata={"limit": str(limit), "size": str(size)},
        )
    return size


def set_time(stamp: Timestamp, time_given: datetime | Timestamp | None = None) -> None:
    """Set a time: now, where none is given."""
    if time_given is None:
        now = time.time_ns()
        stamp.seconds = now // 1_000_000_000
        stamp.nanos = now % 1_000_000_000
    elif isinstance(time_given, Timestamp):
        stamp.CopyFrom(time_given)
    else:
        # As everywhere in Python, a datetime without a zone is in local time.
        stamp.FromDatetime(time_given.astimezone())
