"""The chain of migrations as Alembic runs it. Imported where there is something to do: Alembic takes long to load."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

_running = threading.Lock()
"""Alembic runs one migration at a time in a process: what `op` and `context` stand for is the module's."""


def config(folder: Path) -> Config:
    """Return Alembic's settings for the migrations in this folder."""
    made = Config()
    made.set_main_option("script_location", str(folder).replace("%", "%%"))
    return made


def knows(folder: Path, revision: str) -> bool:
    """Return whether a migration in this folder makes that schema."""
    try:
        return ScriptDirectory.from_config(config(folder)).get_revision(revision) is not None
    except CommandError:
        return False


def upgrade(folder: Path, connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction that is open. Raises whatever a migration raises."""
    settings = config(folder)
    settings.attributes["connection"] = connection
    with _running:
        command.upgrade(settings, "head")
