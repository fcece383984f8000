"""The database: where it is, its reading threads, and the connection that the writer has to itself."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self, TypeVar

from sqlalchemy import Connection, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from millstream_service.errors import StoreUnavailableError
from millstream_service.store import sqlite
from millstream_service.store.migrate import migrate, refuse_foreign
from millstream_service.store.resources import STATE

T = TypeVar("T")
Reader = Connection
"""What a query reads with, for those who must not know SQL."""
READERS = 4


class Database:
    """One database, open. Raises what `open` says.

    The cycle: `open` brings the schema up to date; `read` runs a function in one of the reading threads, in a
    transaction of its own that sees one revision; `connect_writer` is for the writer alone; `close`.
    Each reading thread keeps its connection (`_local`), so no field is shared between threads but `_open`, which
    `_lock` guards.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = sqlite.normalized(make_url(url))
        except ArgumentError as error:
            raise StoreUnavailableError("the database's URL can't be read") from error
        if self.url.drivername not in ("sqlite", "sqlite+pysqlite"):  # another driver need not even be there
            raise StoreUnavailableError(f"databases of {self.url.drivername} are not supported")
        self._readers = sqlite.engine(self.url, "reader")
        self._writer = sqlite.engine(self.url, "writer")
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="millstream-reader")
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[Connection] = []
        self.store_id = b""
        self.secret = b""

    def open(self) -> Self:
        """Make the file where there is none and bring its schema up to date.

        Raises SchemaOutdatedError, MigrationFailedError, StoreCorruptError, StoreUnavailableError, StoreBusyError,
        DiskFullError. Nothing stays open after an error.
        """
        try:
            self.upgrade()
        except BaseException:
            self.close()
            raise
        return self

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the schema up to date; return what it was (None: an empty database) and what it is. As `open`."""
        sqlite.prepare_file(self.url)
        with translating():
            with self._readers.connect() as first, first.begin():
                refuse_foreign(first)  # before a writer makes it a database with a write-ahead log
            anchor = self.connect_writer()  # keeps a database in memory alive
            versions = migrate(anchor)
            with anchor.begin():
                self.store_id, self.secret = anchor.execute(select(STATE.c.store_id, STATE.c.secret)).one()
            return versions

    def connect_writer(self) -> Connection:
        """Return a new connection that writes. Its user closes it, or `close` does."""
        return self._keep(self._writer.connect())

    def _keep(self, connection: Connection) -> Connection:
        with self._lock:
            self._open.append(connection)
        return connection

    def _drop(self, connection: Connection) -> None:
        with self._lock:
            self._open.remove(connection)
        connection.invalidate()
        connection.close()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a reading thread and a transaction, and return what it returns. Raises our errors only."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, query)

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in this thread."""
        with translating():
            connection: Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = self._keep(self._readers.connect())
            try:
                with connection.begin():
                    return query(connection)
            except DBAPIError:
                self._local.connection = None
                self._drop(connection)
                raise

    def close(self) -> None:
        """Wait for the reads under way and close every connection."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            connection.close()
        self._readers.dispose()
        self._writer.dispose()


@contextmanager
def translating() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        raise sqlite.translated(error) from error
