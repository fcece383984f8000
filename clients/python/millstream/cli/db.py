"""`millstream db`: care of the database, without a service."""

import sys

import typer

from millstream.cli.connection import server_extra
from millstream.cli.database import database_url
from millstream.cli.options import DatabaseOption

db_app = typer.Typer(help="Look after the database.", no_args_is_help=True)

NOT_INSTALLED = "the database can't be opened here"


@db_app.command("upgrade")
def upgrade_command(db: DatabaseOption = None) -> None:
    """Bring the database's schema up to date, as 'millstream serve' does by itself when it starts."""
    with server_extra(NOT_INSTALLED):
        from millstream_service.store.migrate import upgrade
    before, after = upgrade(database_url(db))
    sys.stdout.write(describe_upgrade(before, after) + "\n")


@db_app.command("check")
def check_command(db: DatabaseOption = None) -> None:
    """Check that the database is whole: its file, its schema, and what refers to what. Exits with 1 if it is not."""
    with server_extra(NOT_INSTALLED):
        from millstream_service.store.check import check
    problems = check(database_url(db))
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or "the database is whole\n")
    raise typer.Exit(1 if problems else 0)


def describe_upgrade(before: str | None, after: str) -> str:
    """Return what an upgrade did, in a line."""
    if before is None:
        return f"created the database, with schema {after}"
    if before == after:
        return f"nothing to do: the schema is {after} already"
    return f"upgraded the schema from {before} to {after}"
