"""What each column may hold, looked at wherever a row is read.

SQLite stores any value in any column, and a file may be damaged in places that it has no check sum for: so a row is
believed once its values are of their columns' types, and within the bounds that the models give (`info`). One row that
is not is an error for those who ask for it; a list leaves it out and the service's log says so, once. `check` looks
at all rows in the same way.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any
from zlib import crc32

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Double,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
)

from millstream_service.errors import StoreCorruptError

_log = logging.getLogger(__name__)
OBJECT = "object"
BOUNDS = "bounds"
"""In a column's `info`: the values that it may have, or that each element of its list may have."""
Fits = Callable[[Any], bool]
Parameters = Mapping[str, Any] | None
_INT32, _INT64 = range(-(2**31), 2**31), range(-(2**63), 2**63)
_CHECKSUM_BYTES = 4
_MAX_LEFT_OUT = 10_000
_left_out: set[tuple[str, str]] = set()
"""Rows that the log has named: it does so once for each, as long as they are not too many."""


class _Damaged:
    """Stands for a value that can't be read."""


DAMAGED = _Damaged()


class Flag(Boolean):
    """True or false. SQLite has 1 and 0 for them; another value stays what it is."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what turns 1 and 0 into True and False."""
        if dialect.supports_native_boolean:
            return None
        return lambda value: bool(value) if value in {0, 1} else value


class CheckedBytes(LargeBinary):
    """Bytes with a check sum behind them: CRC-32, as zlib makes it, in four bytes, the highest first."""

    def bind_processor(self, dialect: Dialect) -> Callable[[bytes | None], bytes | None]:
        """Return what adds it."""
        del dialect
        return lambda value: None if value is None else value + crc32(value).to_bytes(_CHECKSUM_BYTES)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return what takes it away again; bytes that it does not fit are DAMAGED."""
        del dialect, coltype
        return _check


def _check(value: Any) -> Any:
    if value is None:
        return None
    if type(value) is not bytes or len(value) < _CHECKSUM_BYTES:
        return DAMAGED
    data = value[:-_CHECKSUM_BYTES]
    return data if crc32(data).to_bytes(_CHECKSUM_BYTES) == value[-_CHECKSUM_BYTES:] else DAMAGED


def parse(text: Any) -> Any:
    """Return the value of a JSON text, DAMAGED where it is none: for what makes an engine."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return DAMAGED


def text_of(data: bytes) -> str | bytes:
    """Return a text, or its bytes where they are no UTF-8: these are then of the wrong type."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def within(bounds: Any) -> dict[str, Any]:
    """Return the `info` of a column with bounds: something to be asked with `in`, or a function."""
    return {BOUNDS: bounds}


def from_zero(number: int = 2**63) -> dict[str, Any]:
    """Return the `info` of a column whose values are 0 or more, and less than a number."""
    return within(range(number))


def of_texts() -> dict[str, Any]:
    """Return the `info` of a column with a JSON object whose values are texts."""
    return {OBJECT: True}


class Rules:
    """What the columns of a statement may hold."""

    def __init__(self, columns: Sequence[ColumnElement[Any]]) -> None:
        tables = [column.table for column in columns if isinstance(column, Column) and isinstance(column.table, Table)]
        self._table: str = tables[0].name if tables else "the database"
        self._keys = [
            place
            for place, column in enumerate(columns)
            if isinstance(column, Column) and column.primary_key and column.table is tables[0]
        ]
        self._rules = [(str(column.key), _kinds(column), _fits(column)) for column in columns]

    def fault(self, values: Sequence[Any]) -> str | None:
        """Return what is wrong with a row, without any value of it."""
        for value, (name, kinds, fits) in zip(values, self._rules, strict=True):
            if kinds and type(value) not in kinds:
                return f"{name} can't be read"
            if fits is not None and value is not None and not fits(value):
                return f"{name} has a value that is not allowed"
        return None

    def error(self, values: Sequence[Any], fault: str, parameters: Parameters = None) -> StoreCorruptError:
        """Return the error that names a row, by its key or else by what it was asked for with."""
        named = [values[place] for place in self._keys] or [*(parameters or {}).values()]
        return StoreCorruptError.of_row(self._table, "/".join(map(str, named)), fault)

    def found(self, values: Sequence[Any], parameters: Parameters = None) -> StoreCorruptError | None:
        """Return the error for a row, None where all is well with it."""
        fault = self.fault(values)
        return None if fault is None else self.error(values, fault, parameters)

    def check(self, values: Sequence[Any], parameters: Parameters = None) -> None:
        """Raise StoreCorruptError unless all is well with a row."""
        error = self.found(values, parameters)
        if error is not None:
            raise error

    def is_sound(self, values: Sequence[Any]) -> bool:
        """Return whether all is well with a row, which is left out of a list otherwise."""
        error = self.found(values)
        if error is not None:
            leave_out(error)
        return error is None


def read_checked(connection: Connection, statement: Select[Any], parameters: Parameters = None) -> Iterator[Any]:
    """Run a statement and yield its rows as they are taken. Raises StoreCorruptError for one that is not sound."""
    rules = Rules(list(statement.selected_columns))
    for row in connection.execute(statement, parameters):
        rules.check(row, parameters)
        yield row


def only(connection: Connection, statement: Select[Any], parameters: Parameters = None) -> Any:
    """Return the row that every store has. Raises StoreCorruptError."""
    row = next(read_checked(connection, statement, parameters), None)
    if row is None:
        raise missing(str(getattr(statement.get_final_froms()[0], "name", "")), parameters)
    return row


def missing(table: str, parameters: Parameters = None) -> StoreCorruptError:
    """Return the error for a row that every store has, where it is not there."""
    return StoreCorruptError.of_row(table, "/".join(map(str, (parameters or {}).values())), "is missing")


def leave_out(error: StoreCorruptError) -> None:
    """Note that a list was given without a row."""
    named = error.metadata.get("table", ""), error.metadata.get("id", "")
    if named not in _left_out and len(_left_out) < _MAX_LEFT_OUT:
        _left_out.add(named)
        _log.error("left out of lists: %s", error.message)


def _kinds(column: ColumnElement[Any]) -> frozenset[type]:
    """Return the types that a value may have; none where the database alone knows, as for the result of a function."""
    found = next((kind for types, kind in _TYPES if isinstance(column.type, types)), None)
    if found is None:
        return frozenset()
    found = dict if isinstance(column, Column) and column.info.get(OBJECT) else found
    nullable = not isinstance(column, Column) or column.nullable
    return frozenset((found, type(None)) if nullable else (found,))


_TYPES: tuple[tuple[type, type], ...] = (
    (Boolean, bool),
    (Integer, int),
    (Double, float),
    (LargeBinary, bytes),
    (JSON, list),
    (Text, str),
)


def _fits(column: ColumnElement[Any]) -> Fits | None:
    """Return what tells whether a value of the right type is within its bounds."""
    bounds = column.info.get(BOUNDS) if isinstance(column, Column) else None
    if isinstance(column, Column) and column.info.get(OBJECT):
        return lambda value: all(map(_is_text, value.values()))
    if isinstance(column.type, JSON):
        return _all_fit(bounds or _is_text)
    if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger) and bounds is None:
        return _INT32.__contains__
    if isinstance(column.type, Double):
        return lambda value: isfinite(value) and (bounds is None or bounds(value))
    return bounds if bounds is None or callable(bounds) else bounds.__contains__


def _is_text(value: Any) -> bool:
    return type(value) is str


def _all_fit(bounds: Any) -> Fits:
    if callable(bounds):
        return lambda values: all(map(bounds, values))
    return lambda values: all(type(value) is int and value in bounds for value in values)
