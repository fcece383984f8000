"""The file that a database lies in: whose it is, and whether it still is the one that was opened.

The cycle: `hold` before it is opened; `remember` once it is open; `check` before and after whatever must not be lost;
`release` once it is closed.

A lock beside the file says who has it. With a current SQLite processes share it; one with an SQLite that is not safe to
share has it alone, and then no other gets in, whatever its own SQLite is.

Who deletes a database, moves it away, or puts another in its place does not stop those who have it open: they go on
with a file that no longer has a name, and all that they write is gone with them. So it is looked at by its name: is
there still the same file, and its log and index beside it? `problem` is what was found last, by whichever thread.

In the lock's file stands which store this was, and the newest revision that it is known to have had (`note`). It is
never ahead of the store, so a store that is behind it was put there from a backup (see `identity`).
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from struct import Struct

from millstream_service.errors import StoreBusyError, StoreUnavailableError
from millstream_service.store.engines import sqlite_driver

LOCK_SUFFIX = "-lock"
_PARTS = {"": "file", "-wal": "log (-wal)", "-shm": "index (-shm)"}
"""What belongs to a database that is open, and what each is called."""
_Identity = tuple[int, int]
_NOTE = Struct(">16sq")
"""What the lock's file holds: the store's id, and a revision."""


class DatabaseFile:
    """The file of one database that this process opens; of one without a file all is well at any time."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path = path.resolve()  # log and lock lie beside the file itself, not beside a link to it
        self._path = path
        self._files = {suffix: Path(f"{path}{suffix}") for suffix in _PARTS} if path is not None else {}
        self._lock: int | None = None
        self._known: dict[str, _Identity] = {}
        self.problem: str | None = None
        """What is wrong with it, as far as was looked; None: nothing."""

    def beside(self, suffix: str) -> Path | None:
        """Return the file beside it whose name goes on like this; None where there is no file."""
        return Path(f"{self._path}{suffix}") if self._path is not None else None

    @property
    def why_alone(self) -> str | None:
        """Why no other process gets at it while this one has it; None where others may, or there is no file."""
        if self._path is None or sqlite_driver.is_safe_to_share():
            return None
        return f"no other process can open the database meanwhile: {_fault()}"

    @property
    def place(self) -> str | None:
        """What tells the file from each copy of it, and stays when it is moved or the machine starts; None: no file."""
        found = self._identity("") if self._path is not None else None
        return None if found is None else str(found[1])

    def hold(self, *, alone: bool = False) -> None:
        """Take hold of it, alone or beside others. Raises StoreBusyError and StoreUnavailableError."""
        if self._path is None or self._lock is not None:
            return
        lock = _open(Path(f"{self._path}{LOCK_SUFFIX}"))
        unsafe = not sqlite_driver.is_safe_to_share()
        try:
            fcntl.flock(lock, fcntl.LOCK_NB | (fcntl.LOCK_EX if alone or unsafe else fcntl.LOCK_SH))
        except BlockingIOError:
            os.close(lock)
            raise StoreBusyError(_IN_USE if alone else _refusal(alone=unsafe)) from None
        self._lock = lock

    def release(self) -> None:
        """Let others have it. The lock's file stays: to take it away would let two have one each."""
        self._known = {}
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def beat(self) -> None:
        """Tell those who wait for the database's lock that who has it gets on: by the time of the lock's file."""
        if self._lock is not None:
            with suppress(OSError):  # they wait less long then
                os.utime(self._lock)

    @property
    def beaten(self) -> int | None:
        """When somebody did last, in nanoseconds; None where there is no file."""
        return None if self._lock is None else os.fstat(self._lock).st_mtime_ns

    def note(self, store_id: bytes, revision: int) -> None:
        """Note that the store has come to a revision, once it is committed. A crash of the process loses no note."""
        if self._lock is not None:
            with suppress(OSError):  # what is committed is so without a note, and the next commit brings another
                os.pwrite(self._lock, _NOTE.pack(store_id, revision), 0)

    def agrees(self, store_id: bytes, revision: int, *, opened_before: bool) -> bool:
        """Return whether a store can be the one that was here last: it is not behind what was noted of it.

        Where nothing is noted only one can that never was opened before.
        """
        if self._lock is None:
            return True
        noted = os.pread(self._lock, _NOTE.size, 0)
        if len(noted) < _NOTE.size:
            return not opened_before
        noted_id, noted_revision = _NOTE.unpack(noted)
        return bool(noted_id == store_id and noted_revision <= revision)

    def remember(self) -> None:
        """Take note of which files those are that are open now."""
        self._known = {suffix: found for suffix in self._files if (found := self._identity(suffix)) is not None}

    def look(self) -> str | None:
        """Return what is wrong with it now, and keep that as `problem`."""
        self.problem = next((problem for suffix in self._known if (problem := self._find_change(suffix))), None)
        return self.problem

    def check(self) -> None:
        """Raise StoreUnavailableError where it is not what was opened."""
        self.look()
        self.refuse()

    def refuse(self) -> None:
        """Raise StoreUnavailableError where it was not when it was looked at last: that costs nothing."""
        if self.problem is not None:
            raise StoreUnavailableError(self.problem)

    def _find_change(self, suffix: str) -> str | None:
        found = self._identity(suffix)
        if found == self._known.get(suffix):
            return None
        fate = "was removed" if found is None else "was replaced"
        return f"the database's {_PARTS[suffix]} {fate} while it was open: nothing is stored until it is back"

    def _identity(self, suffix: str) -> _Identity | None:
        """Return what tells a file from any other; None where there is none, or it can't be reached."""
        try:
            found = self._files[suffix].stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


_IN_USE = "another process has the database open: stop that one"


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailableError(f"the database can't be opened: {error.strerror}") from error


def _refusal(*, alone: bool) -> str:
    if alone:
        return f"another process has the database open, and {_fault()}: stop that one, or install pysqlite3 for both"
    fault = "uses an old SQLite that may lose writes"
    return f"another process has the database open and {fault}: stop that one, or install pysqlite3 for it"


def _fault() -> str:
    version = sqlite_driver.version_text()
    return f"SQLite {version} may lose writes when two processes use one file (3.51.3 and later do not)"
