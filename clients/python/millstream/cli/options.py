"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from millstream.cli.style import LevelName

MAX_NUMBER = 10**18
INT32_MAX = 2**31 - 1
MAX_SECONDS = 1_000_000


def seconds(name: str, text: str, most: int = MAX_SECONDS) -> Any:  # typer's own types for options are Any
    """Return an option for so many seconds. Not a number is no number between the bounds, either."""

    def checked(value: float) -> float:
        if not 0 <= value <= most:
            raise typer.BadParameter(f"{value:g} is not in the range 0<=x<={most}.")
        return value

    return typer.Option(name, metavar="SECONDS", min=0, max=most, callback=checked, help=text)


AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="The service's address: HOST:PORT or unix:PATH (or MILLSTREAM_ADDRESS).",
    ),
]

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="The database: an SQLAlchemy URL such as sqlite:////var/lib/builds.db (or MILLSTREAM_DB). "
        "Otherwise an SQLite file in your data folder.",
    ),
]

KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="PATH",
        help="A file with the encryption key, or a passphrase, that its owner alone may read (or MILLSTREAM_KEY_FILE).",
    ),
]

KeyringOption = Annotated[
    bool, typer.Option("--keyring", help="Take the encryption key from the system's keyring (or MILLSTREAM_KEYRING=1).")
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with the protos' field names, for scripts.")]

LevelOption = Annotated[
    LevelName | None,
    typer.Option("--level", metavar="LEVEL", help="Only lines of this level or above: debug, info, warning or error."),
]

ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="Only builds of this project, by its id or its name.")
]

BuildArgument = Annotated[
    str,
    typer.Argument(
        metavar="BUILD",
        help="A build: its id or the beginning of it, 'latest', PROJECT/latest, a build number, or PROJECT/NUMBER.",
    ),
]
