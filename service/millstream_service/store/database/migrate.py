"""Brings a database's schema up to date: all of the way, or not at all.

Alembic is imported once a migration has to be run. That none has is seen without it: the schema that the database has
is in a table of its own, the newest one in the last file of the chain.
"""

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import MigrationFailedError, QueryFailedError, SchemaOutdatedError, StoreUnavailableError
from millstream_service.store.engines import engines

_VERSIONS = "alembic_version"
"""The table in which Alembic keeps which schema the database has."""
_REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)


def _scripts_folder() -> Path:
    installed = Path(__file__).parents[2] / "migrations"
    return installed if installed.is_dir() else Path(__file__).parents[4] / "migrations"


def head() -> str:
    """Return the newest schema that this Millstream knows: migrations are numbered by the names of their files."""
    newest = max((_scripts_folder() / "versions").glob("[0-9]*.py"))
    found = _REVISION.search(newest.read_text(encoding="utf-8"))
    if found is None:
        raise MigrationFailedError("the newest migration does not say which schema it makes")
    return found[1]


def refuse_foreign(connection: Connection) -> None:
    """Raise StoreUnavailableError for a database of another program. Only reads, so that it stays as it is."""
    if _read_version(connection) is None and inspect(connection).get_table_names():
        raise StoreUnavailableError("the database belongs to another program")


def migrate(connection: Connection, beat: Callable[[], None]) -> tuple[str | None, str]:
    """Bring the schema up to date in one transaction; return what it was (None: an empty database) and what it is.

    Where another service makes the same tables at the same time, one of them fails and looks again. Raises
    SchemaOutdatedError for a newer database, and MigrationFailedError, after which the database is as it was. Calls
    `beat` again and again while it gets on.
    """
    while True:
        before = _current(connection)
        if before == head():
            return before, before
        try:
            return _migrate(connection, beat)
        except MigrationFailedError:
            if _current(connection) == before:
                raise


def _current(connection: Connection) -> str | None:
    with connection.begin():
        return _read_version(connection)


def _read_version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSIONS):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSIONS}").scalar_one_or_none()  # noqa: S608 - ours
    return None if found is None else str(found)


def _migrate(connection: Connection, beat: Callable[[], None]) -> tuple[str | None, str]:
    from millstream_service.store.database import alembic_chain

    folder, newest = _scripts_folder(), head()
    with connection.begin():
        engines.of(connection).lock_schema(connection)
        current = _read_version(connection)
        if current == newest:
            return current, newest
        if current is not None and not alembic_chain.knows(folder, current):
            raise SchemaOutdatedError(current, newest)
        try:
            with engines.of(connection).beating(connection, beat):
                alembic_chain.upgrade(folder, connection)
        except DBAPIError as error:
            if isinstance(engines.of(connection).translate(error), QueryFailedError):  # not a full disk, or a lock
                raise MigrationFailedError("the database could not be brought up to date") from error
            raise
        except Exception as error:  # whatever a migration's own code raises
            raise MigrationFailedError("the database could not be brought up to date") from error
        return current, newest
