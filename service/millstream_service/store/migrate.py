"""Brings a database's schema up to date: all of the way, or not at all."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import MigrationFailedError, QueryFailedError, SchemaOutdatedError, StoreUnavailableError
from millstream_service.store.sqlite import translated


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

    Raises SchemaOutdatedError for a newer database, and MigrationFailedError, after which the database is as it was.
    """
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with connection.begin():
        current = MigrationContext.configure(connection).get_current_revision()
        newest = scripts.get_current_head() or ""
        if current == newest:
            return current, newest
        if current is not None and not _knows(scripts, current):
            raise SchemaOutdatedError(current, newest)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            if isinstance(translated(error), QueryFailedError):  # and not a full disk, or another's lock
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
