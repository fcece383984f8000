"""Secrets to keep, and keys to keep them with."""

import base64

from millstream_service.security.keys import Secret
from millstream_service.store.agents import config_entries, encryption
from millstream_service.store.database.database import Database

SECRETS = {f"token.{number}": f"ghp_canary{number}" for number in range(10)}


def raw(number: int) -> Secret:
    """Return a key; others for other numbers up to 255."""
    return Secret(base64.b64encode(bytes([number]) * 32).decode(), f"key {number}")


def fill(database: Database, secret: Secret) -> None:
    """Store all secrets encrypted with this key, and one setting in the open."""
    vault = encryption.unlock(database, secret)
    values = {key: (vault.seal(key, value), True) for key, value in SECRETS.items()}
    values["open"] = (b"for all to see", False)
    with database.connect_writer() as connection, connection.begin():
        for key, (value, encrypted) in values.items():
            entry = {"key": key, "value": value, "encrypted": encrypted, "updated_at": 1}
            config_entries.put(connection, entry, vault, secrets=True)
