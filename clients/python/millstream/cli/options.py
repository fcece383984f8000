"""Options that several commands share."""

from typing import Annotated

import typer

AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT|unix:PATH",
        help="Where the service is (or MILLSTREAM_ADDRESS). Without it: 127.0.0.1:50551 if a service answers there, "
        "else the database is opened without one.",
    ),
]

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="Open this database (or MILLSTREAM_DB), an SQLAlchemy URL such as sqlite:////var/lib/builds.db. "
        "Without it: an SQLite file in your data folder.",
    ),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with the protos' field names, for scripts.")]

BuildArgument = Annotated[
    str,
    typer.Argument(
        metavar="BUILD",
        help="A build: its id or the beginning of it, 'latest', PROJECT/latest, a build number, or PROJECT/NUMBER.",
    ),
]
