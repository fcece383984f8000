"""Settings: created or replaced under their keys. Whether a value is sealed is its caller's affair."""

from sqlalchemy import Connection

from millstream_service.store import encryption, rows
from millstream_service.store.resources import CONFIG_ENTRIES
from millstream_service.vault import Vault


def put(connection: Connection, values: rows.Row, vault: Vault) -> rows.Written:
    """Create a setting or replace it.

    Raises EncryptionKeyMissingError for a sealed value where the vault's key is no longer the store's.
    """
    if values["encrypted"]:
        encryption.require(connection, vault)
    if rows.find(connection, CONFIG_ENTRIES, values["key"]) is None:
        return rows.create(connection, CONFIG_ENTRIES, values)
    return rows.change(connection, CONFIG_ENTRIES, values["key"], values, lambda _new: None)
