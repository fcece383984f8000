"""Large stores, made quickly: rows that came through a service, copied by SQL."""

import sqlite3
from collections.abc import Mapping


def multiply(connection: sqlite3.Connection, table: str, count: int, values: Mapping[str, str]) -> None:
    """Copy the one row of a table so many times; `values` are SQL expressions for columns, of a number `n` from 1."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(f'"{name}"' for name in names)
    copied = ", ".join(values.get(name, f'"{name}"') for name in names)
    connection.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
        f"INSERT INTO {table} ({columns}) SELECT {copied} FROM {table}, numbers",
        [count],
    )
    connection.commit()
