"""All that is special to SQLite: how a connection is set up, what its errors mean, and how a file says it changed."""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import (
    DiskFullError,
    MillstreamServiceError,
    QueryFailedError,
    StoreBusyError,
    StoreCorruptError,
    StoreUnavailableError,
)
from millstream_service.store.engines import soundness, sqlite_driver
from millstream_service.store.engines.database_file import DatabaseFile

__all__ = [
    "FileWatch",
    "announce",
    "beating",
    "checkpoint",
    "engine",
    "file",
    "forgive",
    "hold_checkpoints",
    "insert",
    "integrity",
    "is_collision",
    "keeps_one_open",
    "lock_schema",
    "lock_writes",
    "lost",
    "normalize",
    "path_of",
    "pipeline",
    "place",
    "prepare",
    "release_some_space",
    "translate",
    "unreadable",
    "watch",
]

T = TypeVar("T")

_log = logging.getLogger(__name__)
BUSY_TIMEOUT_SECONDS = 5.0
WATCH_SECONDS = 0.2
_STEP_NANOSECONDS = 50_000_000
_TURN_SECONDS = 0.01
_STEPS_A_BEAT = 1_000_000
"""Of SQLite's machine: some tens of milliseconds."""
_FREE_PAGES_KEPT = 64
_PAGES_AT_ONCE = 256
_LOG_PAGES = 16_000
"""The write-ahead log is brought into the database once it has 64 MiB: pages written again and again go there once, and
fewer than one write in a hundred has to wait for it.
"""
_AUTO_VACUUM = "auto_vacuum = INCREMENTAL"
"""Takes effect in an empty database only: from its beginning, or never. Where it has, saying so again writes the first
page of the file once more.
"""
_ANY_TEXT = "millstream_any_text"
_KIBIBYTES = {"writer": 16 * 1024, "reader": 2 * 1024}
"""What a connection keeps of the database. More gains nothing that can be measured (the system keeps the file as well),
and there are a dozen readers.
"""

_DISK_FULL = {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE"}
_ERRORS: Mapping[str, tuple[type[MillstreamServiceError], str]] = {
    "SQLITE_FULL": (DiskFullError, "the disk that holds the database is full"),
    "SQLITE_BUSY": (StoreBusyError, "another process holds the database's lock"),
    "SQLITE_LOCKED": (StoreBusyError, "another connection holds the database's lock"),
    "SQLITE_CORRUPT": (StoreCorruptError, "the database file is damaged"),
    "SQLITE_NOTADB": (StoreCorruptError, "the file is not a database"),
    "SQLITE_READONLY": (StoreUnavailableError, "the database can't be written to"),
    "SQLITE_CANTOPEN": (StoreUnavailableError, "the database can't be opened"),
    "SQLITE_PERM": (StoreUnavailableError, "the database can't be opened"),
    "SQLITE_IOERR": (StoreUnavailableError, "the disk that holds the database does not answer"),
}


def translate(error: DBAPIError) -> MillstreamServiceError:
    """Return our error for one of the driver's: no SQL and no path in its text."""
    # pysqlite3 does not say which SQLITE_IOERR it is. A commit (that has no statement) writes: past a quota, or a limit
    name = "SQLITE_CORRUPT" if unreadable(error) else getattr(error.orig, "sqlite_errorname", "") or ""
    if name in _DISK_FULL or (name == "SQLITE_IOERR" and error.statement is None):
        name = "SQLITE_FULL"
    kind, message = _ERRORS.get("_".join(name.split("_")[:2]), (QueryFailedError, "the store refused a statement"))
    return kind(message)


def unreadable(error: DBAPIError) -> bool:
    """Return whether a text is no UTF-8: the driver then gives nothing of its row, nor says which one that is."""
    return str(error.orig).startswith("Could not decode to UTF-8")


def forgive(engine: Engine) -> None:
    """Have new connections give such a text as bytes. Not at once: it takes longer, for every text."""
    engine.update_execution_options(**{_ANY_TEXT: True})


def lost(error: DBAPIError) -> bool:
    """Return False: there is no connection to lose. A file that can't be read or written is a fault to report."""
    del error
    return False


def is_collision(error: DBAPIError) -> bool:
    """Return False: a transaction that writes has the database to itself."""
    del error
    return False


def lock_writes(connection: Connection) -> None:
    """Do nothing: a writer's transaction has begun with the lock (BEGIN IMMEDIATE)."""


@contextmanager
def pipeline(connection: Connection) -> Iterator[None]:
    """Do nothing: a statement is a call, and no way."""
    del connection
    yield


def lock_schema(connection: Connection) -> None:
    """Do nothing, likewise."""


@contextmanager
def beating(connection: Connection, beat: Callable[[], None]) -> Iterator[None]:
    """Call `beat` before each statement, and within those that take long."""
    driver = _driver(connection)
    event.listen(connection, "before_cursor_execute", before := lambda *_: beat())
    driver.set_progress_handler(beat, _STEPS_A_BEAT)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
        event.remove(connection, "before_cursor_execute", before)


def announce(connection: Connection, revision: int) -> None:
    """Do nothing: the file tells that it was written to."""


def normalize(url: URL) -> URL:
    """Return the URL to connect with: an absolute file, or a memory database that connections share.

    A plain `:memory:` database belongs to one connection, and a shared cache locks tables, not databases; SQLite's
    `memdb` VFS gives a database in memory with a file's transactions.
    """
    if url.database in (None, "", ":memory:"):
        name = f"file:/millstream-{os.urandom(8).hex()}"
        return url.set(database=name, query={"vfs": "memdb", "uri": "true"})
    if url.database.startswith("file:"):
        return url
    return url.set(database=str(Path(url.database).expanduser().absolute()))


def path_of(url: URL) -> Path | None:
    """Return the file of a database, None of one in memory."""
    if url.database is None or "memdb" in str(url.query.get("vfs", "")):
        return None
    return Path(url.database.removeprefix("file:"))


def keeps_one_open() -> bool:
    """Return True: a database in memory is gone with its last connection, and a file's log would come and go."""
    return True


def file(url: URL) -> DatabaseFile:
    """Return the database's file. One that is opened in a mode of its own (to read alone, say) is the caller's care."""
    return DatabaseFile(None if "mode" in url.query else path_of(url))


def place(connection: Connection, file: DatabaseFile) -> str | None:
    """Return the place of the file."""
    del connection
    return file.place


def prepare(url: URL) -> None:
    """Make the folder and the file, readable by their owner alone. Raises StoreUnavailableError.

    A file that is there is not even opened: to close it would drop the locks of all connections that this process has
    to it already (https://sqlite.org/howtocorrupt.html, 2.2), and another process could then take away their log.
    """
    path = path_of(url)
    if path is None or "mode" in url.query:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreUnavailableError(f"the database can't be opened: {error.strerror}") from error


def engine(url: URL, role: str) -> Engine:
    """Return an engine whose connections are those of a `writer` or of a `reader`."""
    made = create_engine(
        url,
        module=sqlite_driver.DRIVER,
        poolclass=NullPool,
        connect_args={"check_same_thread": False},
        json_deserializer=soundness.parse,
    )
    begin = "BEGIN IMMEDIATE" if role == "writer" else "BEGIN"

    @event.listens_for(made, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 would begin by itself, late and not around DDL
        for pragma in _pragmas(role):
            if pragma != _AUTO_VACUUM or not _has_auto_vacuum(connection):
                _in_turn(lambda pragma=pragma: connection.execute(f"PRAGMA {pragma}"))  # type: ignore[misc]
        if made.get_execution_options().get(_ANY_TEXT):
            connection.text_factory = soundness.text_of

    @event.listens_for(made, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return made


def _has_auto_vacuum(connection: sqlite3.Connection) -> bool:
    return bool(_in_turn(lambda: connection.execute("PRAGMA auto_vacuum").fetchone()[0]))


def _in_turn(execute: Callable[[], T]) -> T:
    """Wait for the lock where SQLite does not: to make a new file one with a write-ahead log."""
    end = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            return execute()
        except sqlite_driver.DRIVER.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > end:
                raise
        time.sleep(_TURN_SECONDS)


def _pragmas(role: str) -> list[str]:
    common = [
        f"busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
        f"cache_size = -{_KIBIBYTES[role]}",
    ]
    if role == "writer":
        return [
            *common,
            _AUTO_VACUUM,
            "journal_mode = WAL",
            "synchronous = FULL",
            f"journal_size_limit = {64 << 20}",
            f"wal_autocheckpoint = {_LOG_PAGES}",
        ]
    return [*common, "query_only = ON"]


def integrity(connection: Connection) -> list[str]:
    """Return what SQLite itself finds wrong with the file."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    return [text for text in found if text != "ok"]


def release_some_space(connection: Connection) -> tuple[bool, tuple[()]]:
    """Give some pages that hold nothing back to the disk, where many do; return whether more is to be done."""
    free = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
    if free <= _FREE_PAGES_KEPT:
        return False, ()
    pages = min(free - _FREE_PAGES_KEPT, _PAGES_AT_ONCE)
    driver = _driver(connection)
    driver.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()  # it works as it is stepped through
    left = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
    return _FREE_PAGES_KEPT < left < free, ()


def hold_checkpoints(connection: Connection) -> None:
    """Have commits of a connection not bring the log into the file: one that fails half-way has used up room."""
    _driver(connection).execute("PRAGMA wal_autocheckpoint = 0")


def checkpoint(connection: Connection, room: int) -> None:
    """Bring the log into the file and give its room back, if the file grows by no more than `room` for it.

    Readers of an older state are not waited for: then it goes as far as that lets it. Nor does it matter if it fails.
    """
    driver = _driver(connection)
    try:
        pages, page_size = (driver.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        path = driver.execute("PRAGMA database_list").fetchone()[2]
        if path and pages * page_size - Path(path).stat().st_size <= room:
            driver.execute("PRAGMA busy_timeout = 0")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except (sqlite_driver.DRIVER.Error, OSError) as error:
        _log.debug("no checkpoint: %s", error)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}")


def _driver(connection: Connection) -> Any:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - it is open
    return driver


class FileWatch:
    """Tells cheaply whether the database file was written to since it was last asked: by its log's size and time.

    A file's time moves in steps of some milliseconds, so two writes may leave the same. What was written a moment ago
    is therefore reported once more.
    """

    def __init__(self, url: URL) -> None:
        path = path_of(url)
        if path is None:
            self._files = []
        else:
            path = path.resolve()  # the log lies beside the file itself, not beside a link to it
            self._files = [path, path.with_name(path.name + "-wal")]
        self._seen = self._state()

    def _state(self) -> list[tuple[int, int, bool]]:
        now = time.time_ns()
        return [_mark(file, now) for file in self._files]

    def changed(self) -> bool:
        """Return whether the files may differ from the last time."""
        before, self._seen = self._seen, self._state()
        return self._seen != before or any(fresh for _, _, fresh in before)


class _Polling:
    """Looks at the file now and then: no query while it is quiet."""

    def __init__(self, url: URL) -> None:
        self._file = FileWatch(url)

    async def wait(self) -> int | None:
        """Wait until the file was written to."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._file.changed():
                return None

    async def close(self) -> None:
        """Do nothing: nothing is held."""


def watch(url: URL) -> _Polling:
    """Return a watch of the file."""
    return _Polling(url)


def _mark(file: Path, now: int) -> tuple[int, int, bool]:
    """Return a file's time, its size, and whether that is too fresh to stand for what it holds."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0, False
    return status.st_mtime_ns, status.st_size, abs(now - status.st_mtime_ns) < _STEP_NANOSECONDS
