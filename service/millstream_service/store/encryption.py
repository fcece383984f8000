"""Which key the secrets of a store are encrypted with. The key itself is not in it: only its id, and a salt.

The first service that comes with a key makes it the store's (`unlocked`); a service with another one is refused from
then on. What seals checks in its own transaction that the key is still the store's (`require`).
"""

from sqlalchemy import Connection, select, update

from millstream_service.errors import EncryptionKeyMissingError, KeyRefusedError
from millstream_service.keys import Secret
from millstream_service.store.database import Database
from millstream_service.store.resources import STATE
from millstream_service.vault import Vault

_SALT = select(STATE.c.key_salt)
_LOCKED = select(STATE.c.key_salt, STATE.c.key_id).with_for_update()


def unlocked(database: Database, secret: Secret | None) -> Vault:
    """Return the vault of a store, with the key that the secret gives; without one, a vault that stays shut.

    Raises KeyRefusedError where it is not the store's key.
    """
    if secret is None:
        return Vault()
    salt = database.read_now(lambda connection: connection.execute(_SALT).scalar_one())
    vault = Vault(secret.key(salt))
    connection = database.connect_writer()
    try:
        with database.translating(), connection.begin():
            _bind(connection, vault, salt, secret.origin)
    finally:
        connection.close()
    return vault


def _bind(connection: Connection, vault: Vault, salt: bytes, origin: str) -> None:
    """Make it the store's key, where it has none. Raises KeyRefusedError where it has another one."""
    state = connection.execute(_LOCKED).one()
    if state.key_id not in {None, vault.key_id} or state.key_salt != salt:
        raise KeyRefusedError(f"{origin}: is not the key that this database's secrets are encrypted with")
    if state.key_id is None:
        connection.execute(update(STATE).values(key_id=vault.key_id))


def require(connection: Connection, vault: Vault) -> None:
    """Raise EncryptionKeyMissingError unless the store's key is still the vault's. In the transaction that seals."""
    if connection.execute(select(STATE.c.key_id)).scalar_one() != vault.key_id:
        raise EncryptionKeyMissingError("the service's encryption key was replaced: start it with the new one")
