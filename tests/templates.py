"""Databases that have our schema already: it is made once a process, and copied.

A copy is as new as one that was migrated: nobody has opened it, and its identity and its secrets are its own.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from millstream_service.store.database.database import Database
from millstream_service.store.engines.sqlite_driver import DRIVER
from tests.identity import secrets

Bytes = dict[str, bytes]
NEW_IDENTITY = "UPDATE store_state SET store_id = ?, secret = ?, key_salt = ?, place = NULL"
_numbers = count(1)


def copy_to(path: Path) -> None:
    """Make a database in a file that is not there yet."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    path.write_bytes(_file())
    with closing(DRIVER.connect(path)) as connection, connection:
        connection.execute(NEW_IDENTITY, secrets())


@contextmanager
def in_memory() -> Iterator[str]:
    """Give the URL of a database in memory, which lasts as long as the block."""
    name = f"file:/millstream-test-{next(_numbers)}?vfs=memdb"
    with closing(DRIVER.connect(name, uri=True, check_same_thread=False)) as connection:
        _memory().backup(connection)
        with connection:
            connection.execute(NEW_IDENTITY, secrets())
        yield f"sqlite:///{name}&uri=true"


@cache
def _file() -> bytes:
    """Return what a database's file holds before anything is in it."""
    folder = Path(tempfile.mkdtemp())
    try:
        Database(f"sqlite:///{folder / 'template'}").open().close()
        return (folder / "template").read_bytes()
    finally:
        shutil.rmtree(folder)


@cache
def _memory() -> sqlite3.Connection:
    """Return a connection to such a one in memory, open as long as the process: a file's has a write-ahead log."""
    name = f"/millstream-template-{os.getpid()}"
    url = f"sqlite:///file:{name}?vfs=memdb&uri=true"
    connection: sqlite3.Connection = DRIVER.connect(f"file:{name}?vfs=memdb", uri=True, check_same_thread=False)
    Database(url).open().close()
    return connection
