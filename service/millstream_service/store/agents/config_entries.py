"""Settings: created or replaced under their keys. Whether a value is sealed is its caller's affair."""

from sqlalchemy import Connection

from millstream_service.errors import SecretOverTcpError, ValidationFailedError
from millstream_service.security.vault import Vault
from millstream_service.store.agents import encryption
from millstream_service.store.agents.tables import CONFIG_ENTRIES
from millstream_service.store.entities import removal, rows
from millstream_service.store.history.changes import Change


def put(
    connection: Connection, values: rows.Row, vault: Vault, *, secrets: bool, allow_plaintext: bool = False
) -> rows.Written:
    """Create a setting or replace it; one that is encrypted only where `secrets` may be changed.

    Raises EncryptionKeyMissingError where the vault's key is not, or no longer, the store's,
    SecretOverTcpError, and ValidationFailedError where a sealed one would be replaced by one in the clear, unless that
    is allowed.
    """
    if values["encrypted"]:
        encryption.require(connection, vault)
    encryption.may_write(connection, vault)
    seal = vault.seal_of(values["key"], encrypted=values["encrypted"], value=values["value"])
    values = {**values, "seal": seal}
    before = rows.find(connection, CONFIG_ENTRIES, values["key"])
    if before is None:
        return rows.create(connection, CONFIG_ENTRIES, values)
    _check(before, secrets=secrets)
    if before["encrypted"] and not (values["encrypted"] or allow_plaintext):
        raise ValidationFailedError(
            "encrypted", "the stored value is encrypted; this would replace it with a plain one"
        )
    return rows.change(connection, CONFIG_ENTRIES, values["key"], values, lambda _new: None)


def delete(connection: Connection, key: str, *, secrets: bool) -> tuple[None, list[Change]]:
    """Delete a setting; one that is encrypted only where `secrets` may be changed. Raises SecretOverTcpError."""
    _check(rows.get(connection, CONFIG_ENTRIES, key), secrets=secrets)
    return None, removal.remove(connection, CONFIG_ENTRIES, key)[1]


def _check(before: rows.Row, *, secrets: bool) -> None:
    if before["encrypted"] and not secrets:
        raise SecretOverTcpError(before["key"])
