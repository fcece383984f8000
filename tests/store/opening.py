"""Databases that are open as long as a block."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from millstream_service.store import sqlite
from millstream_service.store.database import Database
from millstream_service.store.sqlite_driver import DRIVER

MEMORY = "sqlite:///:memory:"


@contextmanager
def opened(url: str = MEMORY) -> Iterator[Database]:
    """Open a database."""
    database = Database(url).open()
    try:
        yield database
    finally:
        database.close()


@contextmanager
def writing(url: str = MEMORY) -> Iterator[Connection]:
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
