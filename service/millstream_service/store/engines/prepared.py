"""The hottest statements, compiled once and run on the driver's own connection.

SQLAlchemy's `execute` spends several times what SQLite needs for a look-up by key (see docs/performance.md). What runs
here is still a Core statement, with its types, its errors and its dialect; only the way to the driver is shorter. The
drivers of both engines have an `execute` on their connections.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from millstream_service.errors import StoreCorruptError
from millstream_service.store.engines.soundness import Rules

Processor = Callable[[Any], Any] | None
_Results = tuple[tuple[int, Callable[[Any], Any]], ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The SQL for one dialect, the names of its parameters in order, and how values are turned on their way."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    bind: Mapping[str, Callable[[Any], Any]]
    columns: tuple[str, ...]
    types: tuple[TypeEngine[Any], ...]
    positional: bool
    rules: Rules


def execute(connection: Connection, sql: str, *values: Any) -> Any:
    """Run SQL on the driver's own connection; return the driver's cursor. Raises what SQLAlchemy's `execute` does."""
    driver: Any = connection.connection.driver_connection
    return call(connection, driver.execute, sql, *values)


def call(connection: Connection, function: Callable[..., Any], *values: Any) -> Any:
    """Call a function of the driver. Raises what SQLAlchemy's `execute` does."""
    try:
        return function(*values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(None, None, error, connection.dialect.loaded_dbapi.Error) from error


class Prepared:
    """A statement to be run often, or what makes it for a dialect.

    An INSERT gives values to all columns of a table, or to `columns` and those that it names.
    """

    def __init__(
        self, statement: Executable | Callable[[Dialect], Executable], columns: Sequence[str] | None = None
    ) -> None:
        self._statement: Any = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}
        self._results: dict[str, _Results] = {}

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Run it. Raises what SQLAlchemy's `execute` does."""
        self._cursor(connection, self._for(connection.dialect), parameters)

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row of parameters, at a fraction of the cost of as many `run`, which raises the same."""
        compiled = self._for(connection.dialect)
        driver: Any = connection.connection.driver_connection
        call(connection, driver.cursor().executemany, compiled.sql, [_bound(compiled, row) for row in rows])

    def one(self, connection: Connection, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        """Run it and return its one row, column to value; None where there is none. Raises StoreCorruptError."""
        compiled = self._for(connection.dialect)
        cursor = self._cursor(connection, compiled, parameters)
        row = call(connection, cursor.fetchone)
        if row is None:
            return None
        values = self._values(connection.dialect, compiled, cursor, row)
        compiled.rules.check([*values.values()], parameters)
        return values

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run it and return its rows, column to value. Raises StoreCorruptError."""
        compiled = self._for(connection.dialect)
        cursor = self._cursor(connection, compiled, parameters)
        found = call(connection, cursor.fetchall)
        rows = [self._values(connection.dialect, compiled, cursor, row) for row in found]
        for row in rows:
            compiled.rules.check([*row.values()], parameters)
        return rows

    def each(
        self, connection: Connection, parameters: Mapping[str, Any]
    ) -> list[tuple[dict[str, Any], StoreCorruptError | None]]:
        """Run it and return its rows, each with what is wrong with it."""
        compiled = self._for(connection.dialect)
        cursor = self._cursor(connection, compiled, parameters)
        rows = [self._values(connection.dialect, compiled, cursor, row) for row in call(connection, cursor.fetchall)]
        return [(row, compiled.rules.found([*row.values()])) for row in rows]

    def _values(self, dialect: Dialect, compiled: _Compiled, cursor: Any, row: Sequence[Any]) -> dict[str, Any]:
        values = dict(zip(compiled.columns, row, strict=True))
        results = self._results.get(dialect.name)
        if results is None:
            results = self._results[dialect.name] = _processors(compiled, dialect, cursor)
        for index, process in results:
            values[compiled.columns[index]] = process(row[index])
        return values

    def _cursor(self, connection: Connection, compiled: _Compiled, parameters: Mapping[str, Any]) -> Any:
        return execute(connection, compiled.sql, _bound(compiled, parameters))

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            statement = self._statement(dialect) if callable(self._statement) else self._statement
            compiled = self._compiled[dialect.name] = _compile(statement, dialect, self._columns)
        return compiled


def _bound(compiled: _Compiled, parameters: Mapping[str, Any]) -> Any:
    """Return the values of parameters, as the driver takes them."""
    given = {**compiled.constants, **parameters} if compiled.constants else parameters
    values = {name: given[name] for name in compiled.names}
    for name, process in compiled.bind.items():
        values[name] = process(values[name])
    return tuple(values.values()) if compiled.positional else values


def _compile(statement: Any, dialect: Dialect, column_keys: Sequence[str] | None) -> _Compiled:
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=column_keys)
    names = tuple(compiled.positiontup or compiled.binds)
    bind = {name: _bind(compiled.binds[name].type, dialect) for name in names}
    columns = list(getattr(statement, "selected_columns", ()) or getattr(statement, "exported_columns", ()))
    return _Compiled(
        str(compiled),
        names,
        {name: compiled.binds[name].value for name in names if not compiled.binds[name].required},
        {name: process for name, process in bind.items() if process is not None},
        tuple(column.key for column in columns),
        tuple(column.type for column in columns),
        compiled.positiontup is not None,
        Rules(columns),
    )


def _bind(kind: TypeEngine[Any], dialect: Dialect) -> Processor:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _processors(compiled: _Compiled, dialect: Dialect, cursor: Any) -> _Results:
    """Return how values are turned that come out, by the types that the database itself gives for its columns."""
    codes = [column[1] for column in cursor.description]
    found = [
        kind.dialect_impl(dialect).result_processor(dialect, code)
        for kind, code in zip(compiled.types, codes, strict=True)
    ]
    return tuple((index, process) for index, process in enumerate(found) if process is not None)
