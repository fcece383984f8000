"""One table, from one database to another: its rows in the order of their key, so that a copy can go on where it ended.

Both engines order texts by their bytes and give a column's values as the same Python values. So equal tables have equal
fingerprints, whatever is below.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    LargeBinary,
    Row,
    Table,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from millstream_service.store.engines.soundness import Rules

_ROWS_AT_ONCE = 50
_LARGE_ROWS_AT_ONCE = 4
"""So many are read at once where a row may have megabytes."""
_ROWS_A_BATCH = 2_000
_BYTES_A_BATCH = 4 << 20
_LENGTH_BYTES = 8


@dataclass(frozen=True)
class Fingerprint:
    """How many rows a table has, and a checksum of all that they hold."""

    rows: int
    checksum: str


def count(connection: Connection, table: Table) -> int:
    """Return how many rows a table has."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def copy_rows(
    source: Connection, write: Callable[[Callable[[Connection], Any]], Any], table: Table, after: tuple[Any, ...] | None
) -> Generator[int, None, None]:
    """Copy the rows behind the key `after`, and yield how many of them each transaction of `write` has added.

    What refers to rows of the same table is left out: they may come later. `link_rows` adds it. Raises
    StoreCorruptError: what is damaged is not passed on.
    """
    unlinked = dict.fromkeys(_self_references(table))
    with _rows(source, table, after) as rows:
        for batch in _batches({**row._mapping, **unlinked} for row in _sound(rows, table)):  # noqa: SLF001 - SQLAlchemy's own name
            write(partial(Connection.execute, statement=insert(table), parameters=batch))
            yield len(batch)


def _sound(rows: Iterable[Row[Any]], table: Table) -> Iterator[Row[Any]]:
    rules = Rules(list(table.columns))
    for row in rows:
        rules.check(row)
        yield row


def link_rows(source: Connection, write: Callable[[Callable[[Connection], Any]], Any], table: Table) -> None:
    """Have the rows of a table refer to each other as they do in the source, once all of them are there."""
    columns = _self_references(table)
    if not columns:
        return
    keys: dict[str, Any] = {key.name: bindparam(f"key_{key.name}") for key in table.primary_key}
    link = update(table).where(*(table.c[name] == key for name, key in keys.items()))
    link = link.values({name: bindparam(f"new_{name}") for name in columns})
    values = [table.c[name].label(f"key_{name}") for name in keys] + [
        table.c[name].label(f"new_{name}") for name in columns
    ]
    linked = select(*values).where(or_(*(table.c[name].is_not(None) for name in columns)))
    with source.execute(linked, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
        for batch in _batches(dict(row._mapping) for row in rows):  # noqa: SLF001 - SQLAlchemy's own name
            write(partial(Connection.execute, statement=link, parameters=batch))


def _self_references(table: Table) -> list[str]:
    return [key.parent.name for key in table.foreign_keys if key.column.table is table]


def last_key(connection: Connection, table: Table) -> tuple[Any, ...] | None:
    """Return the greatest key in a table, or None where it is empty."""
    keys = list(table.primary_key)
    row = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1)).one_or_none()
    return None if row is None else tuple(row)


def fingerprint(connection: Connection, table: Table, report: Callable[[int], None]) -> Fingerprint:
    """Read a whole table; `report` gets the number of rows read each time. Raises StoreCorruptError."""
    digest, rows, rules = blake2b(digest_size=16), 0, Rules(list(table.columns))
    with _rows(connection, table, None) as result:
        for some in result.partitions():
            for row in some:
                rules.check(row)
                for value in row:
                    _digest_value(digest, value)
            rows += len(some)
            report(len(some))
    return Fingerprint(rows, digest.hexdigest())


def _digest_value(digest: Any, value: object) -> None:
    """Add a value: its type, its length and itself, so that no other values give the same bytes."""
    data = value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass")
    digest.update(type(value).__name__.encode() + len(data).to_bytes(_LENGTH_BYTES))
    digest.update(data)


def _rows(connection: Connection, table: Table, after: tuple[Any, ...] | None) -> CursorResult[Any]:
    """Return the rows behind a key, read as they are taken. To be closed, or PostgreSQL's cursor stays open."""
    keys = list(table.primary_key)
    statement = select(table).order_by(*keys)
    if after is not None:
        statement = statement.where(tuple_(*keys) > tuple_(*after))
    large = any(isinstance(column.type, LargeBinary) for column in table.columns)
    at_once = _LARGE_ROWS_AT_ONCE if large else _ROWS_AT_ONCE
    return connection.execute(statement, execution_options={"yield_per": at_once})


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Gather rows until they are many or large."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, bytes | str))
        if len(batch) >= _ROWS_A_BATCH or size >= _BYTES_A_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
