"""The hottest statements, compiled once and run on the driver's own connection.

SQLAlchemy's `execute` spends several times what SQLite needs for a look-up by key (see docs/performance.md). What runs
here is still a Core statement, with its types, its errors and its dialect; only the way to the driver is shorter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The SQL for one dialect, the names of its parameters in order, and how values are turned on their way."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    bind: Mapping[str, Callable[[Any], Any]]
    columns: tuple[str, ...]
    results: tuple[tuple[int, Callable[[Any], Any]], ...]
    positional: bool


class Prepared:
    """A statement to be run often. An INSERT gives values to all columns of its table."""

    def __init__(self, statement: Executable) -> None:
        self._statement: Any = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Run it. Raises what SQLAlchemy's `execute` does."""
        self._cursor(connection, self._for(connection.dialect), parameters)

    def one(self, connection: Connection, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        """Run it and return its one row, column to value; None where there is none."""
        compiled = self._for(connection.dialect)
        row = self._cursor(connection, compiled, parameters).fetchone()
        if row is None:
            return None
        values = dict(zip(compiled.columns, row, strict=True))
        for index, process in compiled.results:
            values[compiled.columns[index]] = process(row[index])
        return values

    def _cursor(self, connection: Connection, compiled: _Compiled, parameters: Mapping[str, Any]) -> Any:
        given = {**compiled.constants, **parameters} if compiled.constants else parameters
        values = {name: given[name] for name in compiled.names}
        for name, process in compiled.bind.items():
            values[name] = process(values[name])
        driver: Any = connection.connection.driver_connection
        try:
            return driver.execute(compiled.sql, tuple(values.values()) if compiled.positional else values)
        except connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(compiled.sql, None, error, connection.dialect.loaded_dbapi.Error) from error

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return compiled


def _compile(statement: Any, dialect: Dialect) -> _Compiled:
    compiled: SQLCompiler = statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup or compiled.binds)
    bind = {name: _bind(compiled.binds[name].type, dialect) for name in names}
    columns = list(getattr(statement, "selected_columns", ()) or getattr(statement, "exported_columns", ()))
    results = [_result(column.type, dialect) for column in columns]
    return _Compiled(
        str(compiled),
        names,
        {name: compiled.binds[name].value for name in names if not compiled.binds[name].required},
        {name: process for name, process in bind.items() if process is not None},
        tuple(column.key for column in columns),
        tuple((index, process) for index, process in enumerate(results) if process is not None),
        compiled.positiontup is not None,
    )


def _bind(kind: TypeEngine[Any], dialect: Dialect) -> Processor:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result(kind: TypeEngine[Any], dialect: Dialect) -> Processor:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
