"""Where the services of this user listen for the user's own processes: a unix socket for each database.

It lies in the first of these folders that there is, that is ours, and that nobody else may enter: `millstream` in
`$XDG_RUNTIME_DIR`, or in `/run/user/UID`, or `millstream-UID` among temporary files. It is `millstream.sock` for the
database in the user's data folder, whose path is the same for all of the user's programs. For any other one the name is
made of the database's path (or of its URL), so that no service is taken for that of another database.

What only some functions need is imported there: a command with an address needs none of it.
"""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

DEFAULT_NAME = "millstream.sock"
_DATA_FOLDER = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
_MAX_FOLDER_BYTES = 103 - len("/0123456789abcdef.sock")
"""An address has room for 103 bytes on macOS, for 107 on Linux."""


def default_database() -> Path:
    """Return the file of the user's default database."""
    import platformdirs

    return platformdirs.user_data_path("millstream", appauthor=False) / "millstream.sqlite3"


def find(database: str | None = None) -> str | None:
    """Return the address of the socket at which a service for this database answers; None where none does.

    `database` is an SQLAlchemy URL; None: the default database.
    """
    from millstream.transport.answering import answers

    name = _name(database)
    addresses = (f"unix:{folder / name}" for folder in _folders() if name is not None and _is_private(folder))
    return next((address for address in addresses if answers(address)), None)


def path_for(database: str | None = None) -> Path:
    """Return the path for the socket of a service for this database; its folder is there then, and private.

    A database in memory has a new path each time: nobody else can mean it. Raises OSError where no folder can be had.
    """
    name = _name(database) or f"{os.urandom(8).hex()}.sock"
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            continue
        if _is_private(folder):
            return folder / name
    raise OSError(f"no folder for a socket is closed to other users: {', '.join(map(str, _folders()))}")


def _folders() -> Iterator[Path]:
    import tempfile

    user = os.getuid()
    named = os.environ.get("XDG_RUNTIME_DIR", "")
    runtime = [Path(named)] if named.startswith("/") else []
    temporary = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108 - where TMPDIR is too long; it is looked at
    candidates = [folder / "millstream" for folder in (*runtime, Path(f"/run/user/{user}"))]
    candidates += [folder / f"millstream-{user}" for folder in temporary]
    return (folder for folder in candidates if len(os.fsencode(folder)) <= _MAX_FOLDER_BYTES)


def _is_private(folder: Path) -> bool:
    """Whether it is a folder, not a link to one, that is ours and that nobody else may enter."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _name(database: str | None) -> str | None:
    identity = _identity(database)
    if identity is None or identity == _users_own():
        return identity and DEFAULT_NAME
    import hashlib

    return f"{hashlib.sha256(identity.encode(errors='surrogatepass')).hexdigest()[:16]}.sock"


def _identity(database: str | None) -> str | None:
    """Return what tells a database from others: the path of its file, else its URL; None for one in memory."""
    if database is None:
        return os.path.realpath(default_database())
    kind, _, place = database.partition("://")
    if kind.partition("+")[0] != "sqlite":
        return database
    path = place.partition("?")[0].removeprefix("/")
    return os.path.realpath(path) if path and not path.startswith((":", "file:")) else None


def _users_own() -> str | None:
    """Return the default database's path where neither HOME nor XDG_DATA_HOME says otherwise."""
    import pwd

    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
    return os.path.realpath(Path(home) / _DATA_FOLDER / "millstream" / "millstream.sqlite3")
