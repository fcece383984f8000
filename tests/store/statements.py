"""What SQL is really run: recorded at the driver, for all connections of a block, whichever way a statement took."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

_WORDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_LITERALS = re.compile(r"x?'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b", re.IGNORECASE)


@dataclass
class Statements:
    """Statements, each with what was going on when it was run first. Like ones, but for their values, are kept once."""

    during: str = "the start"
    first: dict[str, tuple[str, str]] = field(default_factory=dict)

    def note(self, sql: str) -> None:
        """Take note of a statement, if it reads or writes rows."""
        if sql.lstrip("( \n").upper().startswith(_WORDS) and "sqlite_master" not in sql:
            self.first.setdefault(_LITERALS.sub("?", sql), (self.during, sql))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield what was going on, and a statement with its values."""
        return iter(self.first.values())


@contextmanager
def recorded() -> Iterator[Statements]:
    """Record the statements of all connections that are opened in the block."""
    statements = Statements()

    def trace(connection: sqlite3.Connection, _record: Any) -> None:
        connection.set_trace_callback(statements.note)

    event.listen(Engine, "connect", trace)
    try:
        yield statements
    finally:
        event.remove(Engine, "connect", trace)


def plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    """Return the steps of SQLite's plan for a statement."""
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
