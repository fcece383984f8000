"""The engines: what a store needs of the database below it, and which one a URL names.

`sqlite` and `postgres` each hold all that is special to one. A module is an engine: it has the functions of `Engine`.
Nothing else names a dialect.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import URL, Connection, Dialect, Executable, Table, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from millstream_service.errors import MillstreamServiceError, StoreUnavailableError
from millstream_service.store.engines import sqlite
from millstream_service.store.engines.database_file import DatabaseFile

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgres",
    "postgresql+psycopg": "postgres",
}
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


class Watch(Protocol):
    """Tells when others may have committed."""

    async def wait(self) -> int | None:
        """Wait until they may have; return the newest revision, where that was sent.

        It returns too often rather than too seldom: what was missed is made up for within some seconds.
        """

    async def close(self) -> None:
        """Stop."""


class Engine(Protocol):
    """What the store needs of a database."""

    def normalize(self, url: URL) -> URL:
        """Return the URL to connect with."""

    def prepare(self, url: URL) -> None:
        """Make what must be there before the first connection. Raises StoreUnavailableError."""

    def file(self, url: URL) -> DatabaseFile:
        """Return the file that the database lies in; where it has none of its own, one that is always well."""

    def place(self, connection: Connection, file: DatabaseFile) -> str | None:
        """Return where the database is, which a copy of it is not; None where there can be no copy."""

    def engine(self, url: URL, role: str) -> sa.Engine:
        """Return what makes the connections of a `writer` or of a `reader`.

        A reader's transaction sees one state of the store, from its first statement on, and can't write.
        """

    def keeps_one_open(self) -> bool:
        """Return whether a connection has to stay open as long as the database is in use."""

    def translate(self, error: DBAPIError) -> MillstreamServiceError:
        """Return our error for one of the driver's: no SQL, no host and no path in its text."""

    def unreadable(self, error: DBAPIError) -> bool:
        """Return whether a text can't be read, so that its row could not be had at all."""

    def forgive(self, engine: sa.Engine) -> None:
        """Have new connections give what they can of such a row: see `soundness`."""

    def lost(self, error: DBAPIError) -> bool:
        """Return whether the connection is gone: what was not committed is not stored, and a new one may work."""

    def is_collision(self, error: DBAPIError) -> bool:
        """Return whether the transaction was rolled back for another's sake, and may do better the next time."""

    def lock_writes(self, connection: Connection) -> None:
        """Have the transaction be the only one of all services that writes, until it ends.

        So a command sees all that was committed before it, and revisions are committed in their order.
        """

    def pipeline(self, connection: Connection) -> AbstractContextManager[None]:
        """Have statements that bring no rows be run without waiting for their end, where that saves a way.

        The error of one then comes with a later one, or with the end of the block.
        """

    def lock_schema(self, connection: Connection) -> None:
        """Have the transaction be the only one that brings the schema up to date, where there is one already."""

    def beating(self, connection: Connection, beat: Callable[[], None]) -> AbstractContextManager[None]:
        """Have `beat` called as statements get on, where those who wait for the lock can't see by themselves."""

    def announce(self, connection: Connection, revision: int) -> None:
        """Have the commit of this transaction wake the watches of other services."""

    def integrity(self, connection: Connection) -> list[str]:
        """Return what the database itself finds wrong."""

    def release_some_space(self, connection: Connection) -> tuple[bool, tuple[()]]:
        """Give some room that holds nothing back to the disk; return whether more is to be done."""

    def hold_checkpoints(self, connection: Connection) -> None:
        """Have commits of a connection not bring a log into the file, which may grow by it."""

    def checkpoint(self, connection: Connection, room: int) -> None:
        """Bring the log into the file and give its room back, if the file grows by no more than `room` for it."""

    def watch(self, url: URL) -> Watch:
        """Return a watch of the database. Belongs to the event loop."""

    def insert(self, table: Table, /) -> Any:
        """Return an INSERT that knows ON CONFLICT."""


def parse(url: str) -> tuple[Engine, URL]:
    """Return the engine that a URL names, and the URL to connect with. Raises StoreUnavailableError."""
    try:
        given = make_url(url)
    except ArgumentError as error:
        raise StoreUnavailableError("the database's URL can't be read") from error
    if given.drivername not in _DRIVERS:  # another driver need not even be there
        raise StoreUnavailableError(f"databases of {given.drivername} are not supported")
    engine = _engine(_DRIVERS[given.drivername])
    return engine, engine.normalize(given)


def of(connection: Connection) -> Engine:
    """Return the engine of a connection."""
    return _engine(_DIALECTS[connection.dialect.name])


def _engine(name: str) -> Engine:
    if name == "sqlite":
        return sqlite
    try:
        from millstream_service.store.engines import postgres
    except ModuleNotFoundError as error:
        raise StoreUnavailableError("the driver of PostgreSQL is missing: install millstream[postgres]") from error
    return postgres


def upsert(table: Table, keys: Sequence[str], columns: Sequence[str]) -> Callable[[Dialect], Executable]:
    """Return an INSERT, for each dialect, that gives `columns` their new values where `keys` are there already."""

    def statement(dialect: Dialect) -> Executable:
        insert = _engine(_DIALECTS[dialect.name]).insert(table)
        values = {column: insert.excluded[column] for column in columns}
        made: Executable = insert.on_conflict_do_update(index_elements=list(keys), set_=values)
        return made

    return statement
