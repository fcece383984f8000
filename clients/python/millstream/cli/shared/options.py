"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

from millstream.cli.shared.declared import Argument, Option
from millstream.cli.shared.enum_names import LevelName

MAX_NUMBER = 10**18
INT32_MAX = 2**31 - 1
MAX_SECONDS = 1_000_000


def seconds(name: str, text: str, most: int = MAX_SECONDS) -> Any:  # as Option gives
    """Return an option for so many seconds. Not a number is no number between the bounds, either."""

    def check(value: float) -> float:
        if not 0 <= value <= most:
            from typer import BadParameter

            raise BadParameter(f"{value:g} is not in the range 0<=x<={most}.")
        return value

    return Option(name, metavar="SECONDS", min=0, max=most, callback=check, help=text)


AddressOption = Annotated[
    str | None,
    Option(
        "--address",
        metavar="ADDRESS",
        help="The service's address: HOST:PORT or unix:PATH (or MILLSTREAM_ADDRESS).",
    ),
]

DatabaseOption = Annotated[
    str | None,
    Option(
        "--db",
        metavar="URL",
        help="The database: an SQLAlchemy URL such as sqlite:////var/lib/builds.db (or MILLSTREAM_DB). "
        "Default: an SQLite file in your data folder.",
    ),
]

KeyFileOption = Annotated[
    Path | None,
    Option(
        "--key-file",
        metavar="PATH",
        help="A file with the encryption key or a passphrase, readable only by its owner (or MILLSTREAM_KEY_FILE).",
    ),
]

KeyringOption = Annotated[
    bool, Option("--keyring", help="Take the encryption key from the system's keyring (or MILLSTREAM_KEYRING=1).")
]

JsonOption = Annotated[bool, Option("--json", help="Print JSON with the protos' field names, for scripts.")]

LevelOption = Annotated[
    LevelName | None,
    Option("--level", metavar="LEVEL", help="Only lines of this level or above: debug, info, warning or error."),
]

ProjectOption = Annotated[
    str | None, Option("--project", metavar="PROJECT", help="Only builds of this project, by its id or name.")
]

BuildArgument = Annotated[
    str,
    Argument(
        metavar="BUILD",
        help="A build: its id or the start of it, 'latest', PROJECT/latest, a build number, or PROJECT/NUMBER.",
    ),
]
