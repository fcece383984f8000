"""`millstream db rotate-key`: another key for the secrets of a database."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Option
from millstream.cli.shared.options import DatabaseOption, KeyFileOption, KeyringOption
from millstream.local.database import NOT_INSTALLED, check_is_there, database_url

if TYPE_CHECKING:
    from millstream_service.security.keys import Secret

NEW_KEY_VARIABLE = "MILLSTREAM_NEW_KEY"


def rotate_key_command(
    new_key_file: Annotated[
        Path | None,
        Option(metavar="PATH", help=f"A file with the new key or passphrase (or {NEW_KEY_VARIABLE}: itself)."),
    ] = None,
    key_file: KeyFileOption = None,
    keyring: KeyringOption = False,
    db: DatabaseOption = None,
) -> None:
    """Re-encrypt all secrets with another key.

    All of them or, on any error, none. It gets the old key as the service does. Restart services that run on the
    database with the new key.
    """
    from millstream.cli.shared.errors import BadUsageError
    from millstream.cli.shared.tally import format_count
    from millstream.cli.shared.terminal import put_line
    from millstream.local.extras import server_extra

    with server_extra(NOT_INSTALLED):
        from millstream_service.security import keys
        from millstream_service.store.agents.encryption import rotate
    old = keys.find(key_file, keyring=keyring)
    if old is None:
        raise BadUsageError("the old key is missing: name it by --key-file, --keyring or the environment")
    new = _new_secret(new_key_file)
    url = database_url(db)
    check_is_there(url)
    put_line(f"{format_count(rotate(url, old, new), 'secret')} encrypted with the new key")


def _new_secret(path: Path | None) -> "Secret":
    from millstream.cli.shared.errors import BadUsageError
    from millstream_service.security import keys

    if path is not None:
        return keys.from_file(path)
    text = os.environ.get(NEW_KEY_VARIABLE, "").strip()
    if not text:
        raise BadUsageError(f"the new key is missing: name it by --new-key-file or {NEW_KEY_VARIABLE}")
    return keys.accept(text, NEW_KEY_VARIABLE)
