"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from millstream.cli.style import LevelName

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
