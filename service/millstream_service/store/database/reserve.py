"""Room that is kept free beside a database, so that deleting works on a full disk.

To delete, SQLite has to write: pages that hold less go to its log first, and the log's pages into the file, which may
grow by them. So a file beside the database holds room for both. The cycle: `top_up` while there is room; once a write
that makes room has failed for want of some, `lend` empties the file while it is tried again, and then takes back what
is left; `restore` takes the rest, ahead of other writes, as soon as deletions have brought it.

Several processes may have one database: they share its reserve, and who finds it lent to another one has none.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)
SUFFIX = "-reserve"
MAX_BYTES = 72 << 20
"""The log before it is brought into the file (64 MiB), and the largest group of writes."""
MIN_BYTES = 1 << 20
"""Less is not worth a file."""
_PART = bytes(1 << 20)


class Reserve:
    """The reserve of one database; of one without a file beside which it could lie there is none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._owed = 0
        self.is_lent = False

    @property
    def size(self) -> int:
        """How much there is."""
        try:
            return self._path.stat().st_size if self._path is not None else 0
        except OSError:
            return 0

    @property
    def is_short(self) -> bool:
        """Whether not all that was lent is back."""
        return self.size < self._owed

    def room(self) -> int:
        """Return how much the disk has besides."""
        if self._path is None:
            return 0
        try:
            status = os.statvfs(self._path.parent)
        except OSError:
            return 0
        return status.f_bavail * status.f_frsize

    def top_up(self) -> None:
        """Take what is missing, but never more than half of what there is."""
        if self.size < MAX_BYTES:
            with self._lock:
                self._take(min(MAX_BYTES, (self.room() + self.size) // 2))

    @contextmanager
    def lend(self) -> Iterator[None]:
        """Let the block have it."""
        if self._path is None:
            yield
            return
        with self._lock:
            self._owed = max(self._owed, self.size)
            _cut(self._path, 0)
            self.is_lent = True
            try:
                yield
            finally:
                self.is_lent = False
                self._take(min(self._owed, self.room()))

    def restore(self) -> None:
        """Take back what was lent, as far as there is room."""
        with self._lock:
            self._take(min(self._owed, self.room() + self.size))

    def _take(self, size: int) -> None:
        """Have so much, or half of it, and so on: others may be faster."""
        before = self.size
        while self._path is not None and size >= MIN_BYTES and size > before:
            try:
                _allocate(self._path, before, size)
                return
            except OSError as error:
                _log.debug("no %d bytes in reserve: %s", size, error)
                _cut(self._path, before)
                size //= 2


def _allocate(path: Path, before: int, size: int) -> None:
    """Have a file be so large, with all of it on the disk."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, size)
            return
        os.lseek(file, before, os.SEEK_SET)
        while before < size:
            before += os.write(file, _PART[: size - before])
        os.fsync(file)
    finally:
        os.close(file)


def _cut(path: Path, size: int) -> None:
    """Give back what is above `size`."""
    try:
        os.truncate(path, size)
    except OSError as error:
        _log.debug("the reserve stays: %s", error)
