"""`millstream agents config`: settings, in the open or encrypted."""

import sys
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Argument, Group, Option
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from millstream.agents.v1.config_entry_pb2 import ConfigEntry

config_app = Group("Settings of the agents, plain or encrypted.")

KeyArgument = Annotated[str, Argument(metavar="KEY", help="The setting's name, such as github.token.")]


@config_app.command("set")
def set_command(
    key: KeyArgument,
    value: Annotated[
        str | None,
        Argument(metavar="VALUE", help="The value. Default: prompt for it, or read it from stdin."),
    ] = None,
    encrypted: Annotated[bool, Option("--encrypted", help="Store it encrypted.")] = False,
    force: Annotated[bool, Option("--force", help="Replace an encrypted value even by a plain one.")] = False,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Create or replace a setting.

    Leave out the value of a secret: the command line is kept in the shell's history, and other users can see it. The
    command then prompts for it without showing it, or reads it from stdin, up to the last line break.
    """
    from millstream.local.finding import with_secrets

    text = _read_value(key, encrypted=encrypted) if value is None else value
    answer = with_secrets(
        address,
        db,
        lambda client: client.agents.set_config(key, text, encrypted=encrypted, allow_plaintext=force),
    )
    entry = answer.config_entry
    if json:
        _put_json(entry)


@config_app.command("get")
def get_command(
    key: KeyArgument, json: JsonOption = False, address: AddressOption = None, db: DatabaseOption = None
) -> None:
    """Print a setting's value, decrypted.

    Exits with 1 if there is no such setting, or no key for it.
    """
    from millstream.cli.shared.terminal import put_line, put_raw
    from millstream.local.finding import with_secrets

    entry = with_secrets(address, db, lambda client: client.agents.get_config(key))
    if json:
        _put_json(entry)
    elif sys.stdout.isatty():
        put_line(entry.value)
    else:
        put_raw(f"{entry.value}\n")


@config_app.command("list")
def list_command(json: JsonOption = False, address: AddressOption = None, db: DatabaseOption = None) -> None:
    """List the settings, without the values of encrypted ones."""
    from millstream.cli.shared.terminal import put_line, put_note
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        entries = list(client.agents.list_config())
    if json:
        from millstream.cli.shared.json_output import json_array

        put_line(json_array(entries))
    elif entries:
        _put_table(entries)
    else:
        put_note("no settings yet")


@config_app.command("delete")
def delete_command(key: KeyArgument, address: AddressOption = None, db: DatabaseOption = None) -> None:
    """Delete a setting.

    Exits with 1 if there is none.
    """
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        client.agents.delete_config(key)


def _read_value(key: str, *, encrypted: bool) -> str:
    from millstream.cli.shared.errors import BadUsageError

    if sys.stdin is None:
        raise BadUsageError(f"{key} needs a value")
    if sys.stdin.isatty():
        import typer

        return str(typer.prompt(f"{key} (not shown)" if encrypted else key, hide_input=encrypted, err=True))
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise BadUsageError(f"the value of {key} is not UTF-8") from None


def _put_json(entry: "ConfigEntry") -> None:
    from millstream.cli.shared.json_output import as_dict, json_object
    from millstream.cli.shared.terminal import put_line

    put_line(json_object(as_dict(entry)))


def _put_table(entries: "list[ConfigEntry]") -> None:
    """Print a table: for a terminal cut to its width, else each value whole, on one line."""
    from datetime import UTC, datetime

    from millstream.cli.shared.columns import FittedTable, cell, one_line, plain_lines
    from millstream.cli.shared.terminal import is_terminal, put_line, stdout_console
    from millstream.cli.shared.time_span import age, moment

    now = datetime.now(UTC)
    values = ["(encrypted)" if entry.encrypted else one_line(entry.value) for entry in entries]
    rows = [
        (one_line(entry.key), age(moment(entry.updated_at), now), value)
        for entry, value in zip(entries, values, strict=True)
    ]
    headings = ("KEY", "AGE", "VALUE")
    if not is_terminal():
        for line in plain_lines([headings, *rows]):
            put_line(line)
        return
    console = stdout_console()
    fitted = FittedTable(narrowest={"KEY": 16, "VALUE": 11}, dispensable=("AGE",), right=("AGE",))
    styles = ("bold", "dim", "")
    columns = {heading: [cell(row[place], styles[place]) for row in rows] for place, heading in enumerate(headings)}
    console.print(fitted.table(columns, console.width))
