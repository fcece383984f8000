"""Which database a command means."""

import os
from contextlib import suppress
from pathlib import Path

from millstream.cli.shared.errors import NotThereError

DATABASE_VARIABLE = "MILLSTREAM_DB"
NOT_INSTALLED = "the database can't be opened here"


def named_database(option: str | None) -> str | None:
    """Return the URL that the user named by `--db` or MILLSTREAM_DB, or None."""
    return option or os.environ.get(DATABASE_VARIABLE) or None


def database_url(option: str | None) -> str:
    """Return that URL, or that of the default database. Needs the server extra."""
    from millstream_service.config import default_database_url

    return named_database(option) or default_database_url()


def check_is_there(url: str) -> None:
    """Raise NotThereError where the database would be a file that does not exist: to look is not to make one."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    with suppress(ArgumentError):  # what can't be read is refused by the store, with its own words
        named = make_url(url)
        path = named.database or ""
        in_a_file = named.get_backend_name() == "sqlite" and path and not path.startswith((":", "file:"))
        if in_a_file and not Path(path).exists():
            raise NotThereError(f"there is no database at {path}")
