"""Which database a command means."""

import os

DATABASE_VARIABLE = "MILLSTREAM_DB"


def named_database(option: str | None) -> str | None:
    """Return the URL that the user named by `--db` or MILLSTREAM_DB, or None."""
    return option or os.environ.get(DATABASE_VARIABLE) or None


def database_url(option: str | None) -> str:
    """Return that URL, or that of the default database. Needs the server extra."""
    from millstream_service.config import default_database_url

    return named_database(option) or default_database_url()
