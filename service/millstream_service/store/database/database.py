"""The database: where it is, its lanes of reading threads, and the connection that the writer has to itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import DiskFullError, StoreBusyError, StoreUnavailableError
from millstream_service.store.database import identity
from millstream_service.store.database.lanes import Lane, Lanes
from millstream_service.store.database.migrate import migrate, refuse_foreign
from millstream_service.store.database.reserve import SUFFIX, Reserve
from millstream_service.store.database.unfinished import refuse as refuse_unfinished
from millstream_service.store.engines import engines

T = TypeVar("T")
Reader = Connection
"""What a query reads with, for those who must not know SQL."""


class Database:
    """One database, open. Raises what `open` says.

    The cycle: `open` brings the schema up to date; `read` runs a function in one of the reading threads (see `lanes`),
    in a transaction of its own that sees one revision; `connect_writer` is for the writer alone; `close`.
    Each reading thread keeps its connection (`_local`), so no field is shared between threads but `_open`, which
    `_lock` guards.
    """

    def __init__(self, url: str) -> None:
        self.engine, self.url = engines.parse(url)
        self._readers = self.engine.engine(self.url, "reader")
        self._writer = self.engine.engine(self.url, "writer")
        self.lanes = Lanes()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[Connection] = []
        self.file = self.engine.file(self.url)
        self.reserve = Reserve(self.file.beside(SUFFIX))
        self.store_id = b""
        self.secret = b""

    def open(self, *, unfinished: bool = False) -> Self:
        """Make the file where there is none and bring its schema up to date.

        `unfinished`: also one that is being filled by a copy. Raises SchemaOutdatedError, MigrationFailedError,
        StoreCorruptError, StoreUnavailableError, StoreBusyError, DiskFullError. Nothing stays open after an error.
        """
        try:
            self._upgrade_with_the_reserve(unfinished=unfinished)
        except BaseException:
            self.close()
            raise
        return self

    def _upgrade_with_the_reserve(self, *, unfinished: bool) -> None:
        """Do it on a full disk, too: after a kill SQLite needs room for its index."""
        try:
            self.upgrade(unfinished=unfinished)
        except DiskFullError:
            if not self.reserve.size:
                raise
            with self.reserve.lend():
                self.upgrade(unfinished=unfinished)

    def upgrade(self, *, unfinished: bool = False) -> tuple[str | None, str]:
        """Bring the schema up to date; return what it was (None: an empty database) and what it is. As `open`.

        While another does, it waits as long as that gets on.
        """
        self.engine.prepare(self.url)
        self.file.hold()
        while True:
            beaten = self.file.beaten
            try:
                return self._upgrade(unfinished=unfinished)
            except StoreBusyError:  # another has had the lock for as long as we wait for it
                if self.file.beaten == beaten:
                    raise

    def _upgrade(self, *, unfinished: bool) -> tuple[str | None, str]:
        with self.translating(), self._readers.connect() as first:  # open as long, else the log would come and go
            with first.begin():
                refuse_foreign(first)  # before a writer makes it a database with a write-ahead log
                if not unfinished:
                    refuse_unfinished(first)
            with self._first_writer() as connection:
                versions = migrate(connection, self.file.beat)
                with connection.begin():
                    self.store_id, self.secret = identity.settle(connection, self.file)
            self.file.remember()
            return versions

    @contextmanager
    def _first_writer(self) -> Iterator[Connection]:
        """Give a connection that writes; it stays open where one has to."""
        keeps = self.engine.keeps_one_open() and not self._open
        connection = self.connect_writer() if keeps else self._writer.connect()
        try:
            yield connection
        finally:
            if not keeps:
                connection.close()

    def connect_writer(self) -> Connection:
        """Return a new connection that writes. Its user closes it, or `close` does."""
        return self._keep(self._writer.connect())

    def _keep(self, connection: Connection) -> Connection:
        """Keep a new connection. Raises StoreUnavailableError where it leads to another file than those before."""
        try:
            self.file.check()
        except StoreUnavailableError:
            connection.close()
            raise
        with self._lock:
            self._open.append(connection)
        return connection

    def drop(self, connection: Connection) -> None:
        """Close a connection that is not to be trusted any more."""
        with self._lock:
            self._open.remove(connection)
        connection.invalidate()
        connection.close()

    async def read(self, query: Callable[[Connection], T], lane: Lane = Lane.SHORT) -> T:
        """Run `query` in a thread of a lane and a transaction; return what it returns. Raises our errors only."""
        return await self.lanes.run(lane, partial(self.read_now, query))

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in this thread: once more on a new connection, where the old one turns out to be gone."""
        self.file.refuse()
        with self.translating():
            try:
                return self._read(query)
            except DBAPIError as error:
                if not self.may_work_again(error):
                    raise
            return self._read(query)

    def may_work_again(self, error: DBAPIError) -> bool:
        """Return whether the same may work on a new connection, for which all is made ready."""
        if self.engine.unreadable(error):
            for one in (self._readers, self._writer):
                self.engine.forgive(one)
            return True
        return self.engine.lost(error) or self.engine.is_collision(error)

    def _read(self, query: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._keep(self._readers.connect())
        try:
            with connection.begin():
                return query(connection)
        except DBAPIError:
            self._local.connection = None
            self.drop(connection)
            raise

    def close(self) -> None:
        """Wait for the reads under way and close every connection."""
        self.lanes.close()
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            connection.close()
        self._readers.dispose()
        self._writer.dispose()
        self.file.release()

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        try:
            yield
        except DBAPIError as error:
            raise self.engine.translate(error) from error
