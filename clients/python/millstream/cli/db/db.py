"""`millstream db`: care of the database, without a service."""

from millstream.cli.shared.declared import Group
from millstream.cli.shared.options import DatabaseOption
from millstream.cli.shared.terminal import put_line, put_text
from millstream.local.database import NOT_INSTALLED, check_is_there, database_url
from millstream.local.extras import server_extra

db_app = Group(
    "Maintain the database.",
    {
        "copy": ("millstream.cli.db.copy", "copy_command"),
        "rotate-key": ("millstream.cli.db.rotate_key", "rotate_key_command"),
    },
)


@db_app.command("upgrade")
def upgrade_command(db: DatabaseOption = None) -> None:
    """Bring the schema up to date.

    A service does this by itself when it starts; use this command to choose the moment.
    """
    with server_extra(NOT_INSTALLED):
        from millstream_service.store.database.database import Database
    database = Database(database_url(db))
    try:
        before, after = database.upgrade()
    finally:
        database.close()
    put_line(describe_upgrade(before, after))


@db_app.command("check")
def check_command(db: DatabaseOption = None) -> None:
    """Check that the database is intact.

    Checks its file, its schema, every value of every row, and references. Prints errors, and exits with 1 if there are
    any.
    """
    with server_extra(NOT_INSTALLED):
        from millstream_service.convert import contents
        from millstream_service.store.upkeep.check import Contents, check
    url = database_url(db)
    check_is_there(url)
    problems = check(url, Contents(contents.ROWS, contents.read_lines))
    put_text("".join(f"{problem}\n" for problem in problems) or "the database is whole\n")
    raise SystemExit(1 if problems else 0)


@db_app.command("renew-id")
def renew_id_command(db: DatabaseOption = None) -> None:
    """Give the store a new id, as after a restore.

    Clients that reconnect then start again. A restored SQLite file or dump gets one by itself; a PostgreSQL server
    after point-in-time recovery does not. Stop the services first.
    """
    with server_extra(NOT_INSTALLED):
        from millstream_service.store.database.renewal import renew
    url = database_url(db)
    check_is_there(url)
    put_line(f"the store has a new id: {renew(url).hex()}")


def describe_upgrade(before: str | None, after: str) -> str:
    """Return what an upgrade did, in a line."""
    if before is None:
        return f"created the database, with schema {after}"
    if before == after:
        return f"nothing to do: the schema is {after} already"
    return f"upgraded the schema from {before} to {after}"
