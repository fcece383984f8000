"""The floor of appended lines: raw sqlite3, a row a line, a transaction a batch, as durable as the service."""

import random
import sqlite3
import time
import uuid
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from tests.load.loads.wire import Start, clock
from tests.load.text import lines

_COLUMNS = "category TEXT, level INTEGER NOT NULL, content TEXT NOT NULL, created_at INTEGER NOT NULL"
_TABLES = {
    "keyed": (
        f"CREATE TABLE build_logs (id TEXT PRIMARY KEY, build_id TEXT NOT NULL, {_COLUMNS})",
        "CREATE INDEX of_build ON build_logs (build_id)",
        "CREATE INDEX of_level ON build_logs (level)",
    ),
    "bare": (f"CREATE TABLE build_logs (id INTEGER PRIMARY KEY, build_id TEXT NOT NULL, {_COLUMNS})",),
}
_INSERT = "INSERT INTO build_logs (id, build_id, category, level, content, created_at) VALUES (?, ?, ?, ?, ?, ?)"
_INFO = 2


def _connect(path: str, table: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in _TABLES[table]:
            connection.execute(statement)
    return connection


@lru_cache
def _texts(length: int) -> list[str]:
    return lines(5_000, length, seed=0)


def _rows(table: str, length: int, seed: int) -> Iterator[tuple[object, ...]]:
    """Yield rows, made as cheaply as can be: the texts repeat, the keys do not."""
    source = random.Random(seed)
    build_id = str(uuid.uuid4())
    texts = _texts(length)
    while True:
        for text in texts:
            key = str(uuid.UUID(int=source.getrandbits(128))) if table == "keyed" else None
            yield key, build_id, None, _INFO, text, time.time_ns()


async def row_a_line(
    start: Start, *, path: str, table: str, seconds: float, length: int = 120, batch: int = 500
) -> dict[str, Any]:
    """Insert batches for some time; making the rows is not counted."""
    connection = _connect(path, table)
    rows = _rows(table, length, time.time_ns())
    await start()
    count, spent = 0, 0.0
    while spent < seconds:
        made = list(islice(rows, batch))
        begun = clock()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, made)
        connection.execute("COMMIT")
        spent += clock() - begun
        count += batch
    connection.close()
    return {"rate": count / spent}
