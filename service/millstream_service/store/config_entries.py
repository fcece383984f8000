"""Settings: created or replaced under their keys. Whether a value is sealed is its caller's affair."""

from sqlalchemy import Connection

from millstream_service.store import encryption, rows
from millstream_service.store.resources import CONFIG_ENTRIES
from millstream_service.vault import Vault


def put(connection: Connection, values: rows.Row) -> rows.Written:
    """Create a setting or replace it."""
    if rows.find(connection, CONFIG_ENTRIES, values["key"]) is None:
        return rows.create(connection, CONFIG_ENTRIES, values)
    return rows.change(connection, CONFIG_ENTRIES, values["key"], values, lambda _new: None)


def put_sealed(connection: Connection, values: rows.Row, vault: Vault) -> rows.Written:
    """Do the same with a value that the vault sealed.

    Raises EncryptionKeyMissingError where its key is no longer the store's.
    """
    encryption.require(connection, vault)
    return put(connection, values)
