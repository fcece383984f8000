"""Databases that are open as long as a block."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection

from millstream_service.store.database.database import Database
from millstream_service.store.engines import sqlite
from millstream_service.store.engines.sqlite_driver import DRIVER
from tests import templates

MEMORY = "sqlite:///:memory:"


@contextmanager
def opened(url: str | None = None) -> Iterator[Database]:
    """Open a database: a new one in memory, where there is no URL."""
    with templates.in_memory() if url is None else nullcontext(url) as there:
        database = Database(there).open()
        try:
            yield database
        finally:
            database.close()


@contextmanager
def writing(url: str | None = None) -> Iterator[Connection]:
    """Give a connection that writes, in one transaction."""
    with opened(url) as database, database.connect_writer() as connection, connection.begin():
        yield connection


def file_of(url: str) -> Path:
    """Return the file of a database."""
    path = sqlite.path_of(Database(url).url)
    assert path is not None
    return path


@contextmanager
def beside(url: str) -> Iterator[sqlite3.Connection]:
    """Connect to the file as another program would, but with our SQLite: two in one process harm each other."""
    with closing(DRIVER.connect(file_of(url), isolation_level=None)) as connection:
        yield connection
