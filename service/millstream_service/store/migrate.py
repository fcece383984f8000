"""Brings a database's schema up to date: all of the way, or not at all."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import MigrationFailedError, QueryFailedError, SchemaOutdatedError, StoreUnavailableError
from millstream_service.store import engines

_alembic = threading.Lock()
"""Alembic runs one migration at a time in a process: what `op` and `context` stand for is the module's."""


def _scripts_folder() -> Path:
    installed = Path(__file__).parent.parent / "migrations"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts_folder()).replace("%", "%%"))
    return config


def head() -> str:
    """Return the newest schema that this Millstream knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def refuse_foreign(connection: Connection) -> None:
    """Raise StoreUnavailableError for a database of another program. Only reads, so that it stays as it is."""
    if MigrationContext.configure(connection).get_current_revision() is None and inspect(connection).get_table_names():
        raise StoreUnavailableError("the database belongs to another program")


def migrate(connection: Connection) -> tuple[str | None, str]:
    """Bring the schema up to date in one transaction; return what it was (None: an empty database) and what it is.

    Where another service makes the same tables at the same time, one of them fails and looks again. Raises
    SchemaOutdatedError for a newer database, and MigrationFailedError, after which the database is as it was.
    """
    while True:
        before = _current(connection)
        try:
            return _migrate(connection)
        except MigrationFailedError:
            if _current(connection) == before:
                raise


def _current(connection: Connection) -> str | None:
    with connection.begin():
        return MigrationContext.configure(connection).get_current_revision()


def _migrate(connection: Connection) -> tuple[str | None, str]:
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with connection.begin():
        engines.of(connection).lock_schema(connection)
        current = MigrationContext.configure(connection).get_current_revision()
        newest = scripts.get_current_head() or ""
        if current == newest:
            return current, newest
        if current is not None and not _knows(scripts, current):
            raise SchemaOutdatedError(current, newest)
        config.attributes["connection"] = connection
        try:
            with _alembic:
                command.upgrade(config, "head")
        except DBAPIError as error:
            if isinstance(engines.of(connection).translated(error), QueryFailedError):  # not a full disk, or a lock
                raise MigrationFailedError("the database could not be brought up to date") from error
            raise
        except Exception as error:  # whatever a migration's own code raises
            raise MigrationFailedError("the database could not be brought up to date") from error
        return current, newest


def _knows(scripts: ScriptDirectory, revision: str) -> bool:
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False
