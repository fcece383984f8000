"""Which key the secrets of a store are encrypted with. The key itself is not in it: only its id, and a salt.

The first service that comes with a key makes it the store's (`unlock`); one with another key is refused from then on,
once something is encrypted. `rotate` gives the store another key, in one transaction: it is done whole or not at all. A
service that still runs with the old one can then neither open what is encrypted nor add to it, which it checks in the
transaction that would (`require`): it has to be started again.
"""

import logging
import os

from sqlalchemy import Connection, bindparam, select, update

from millstream_service.errors import EncryptionKeyMissingError, KeyRefusedError
from millstream_service.security.keys import SALT_BYTES, Secret
from millstream_service.security.vault import Vault
from millstream_service.store.agents.tables import CONFIG_ENTRIES
from millstream_service.store.database.database import Database
from millstream_service.store.schema.models import STATE

_log = logging.getLogger(__name__)
_SALT = select(STATE.c.key_salt)
_LOCKED = select(STATE.c.key_salt, STATE.c.key_id).with_for_update()
_entries = CONFIG_ENTRIES.table.c
_ENTRIES = select(_entries.key, _entries.encrypted, _entries.value, _entries.seal).order_by(_entries.key)
_ENTRY = _ENTRIES.where(_entries.key == bindparam("name"))
_SEALED_KEYS = select(_entries.key).where(_entries.encrypted).order_by(_entries.key)


def unlock(database: Database, secret: Secret | None) -> Vault:
    """Return the vault of a store, with the key that the secret gives; without one, a vault that stays shut.

    Raises KeyRefusedError where it is not the store's key.
    """
    if secret is None:
        return Vault()
    salt = database.read_now(lambda connection: connection.execute(_SALT).scalar_one())
    vault = Vault(secret.key(salt), salt)
    connection = database.connect_writer()
    try:
        with database.translating(), connection.begin():
            _bind(connection, vault, salt, secret.origin)
    finally:
        connection.close()
    return vault


def _bind(connection: Connection, vault: Vault, salt: bytes, origin: str) -> None:
    """Make it the store's key, unless something is encrypted with another one: then raise KeyRefusedError."""
    state = connection.execute(_LOCKED).one()
    if state.key_salt == salt and state.key_id == vault.key_id:
        return
    if state.key_salt != salt or connection.execute(_SEALED_KEYS.limit(1)).first():
        raise KeyRefusedError(f"{origin}: is not the key that this database's secrets are encrypted with")
    connection.execute(update(STATE).values(key_id=vault.key_id))
    if sealed := _seal_all(connection, vault):
        _log.warning("this database had no key so far, or another one: %d settings are accepted as they are", sealed)


def _seal_all(connection: Connection, vault: Vault) -> int:
    """Give every setting the seal of a vault; return how many there are."""
    names = connection.execute(select(_entries.key).order_by(_entries.key)).scalars().all()
    for name in names:
        entry = connection.execute(_ENTRY, {"name": name}).one()
        seal = vault.seal_of(name, encrypted=entry.encrypted, value=entry.value)
        connection.execute(update(CONFIG_ENTRIES.table).where(_entries.key == name).values(seal=seal))
    return len(names)


def may_write(connection: Connection, vault: Vault) -> None:
    """Raise EncryptionKeyMissingError where settings have the seals of a key that the vault has not."""
    if connection.execute(select(STATE.c.key_id)).scalar_one() != vault.key_id:
        raise EncryptionKeyMissingError("this database's settings are sealed with a key that the service does not have")


def require(connection: Connection, vault: Vault) -> None:
    """Raise EncryptionKeyMissingError unless the store's key is still the vault's. In the transaction that seals."""
    if vault.key_id is None or connection.execute(select(STATE.c.key_id)).scalar_one() != vault.key_id:
        raise EncryptionKeyMissingError("the service's encryption key was replaced: start it with the new one")


def rotate(url: str, old: Secret, new: Secret) -> int:
    """Encrypt all secrets of the store at this URL anew, with another key; return how many there are.

    Raises KeyRefusedError where the old key is not the store's, StoreCorruptError where a secret is damaged, and what
    Database.open does. The store is then as it was.
    """
    database = Database(url).open()
    try:
        connection = database.connect_writer()
        with database.translating(), connection.begin():
            count = _rotate(connection, old, new)
        database.file.check()
        return count
    finally:
        database.close()


def _rotate(connection: Connection, old: Secret, new: Secret) -> int:
    state = connection.execute(_LOCKED).one()
    before = Vault(old.key(state.key_salt), state.key_salt)
    if state.key_id not in {None, before.key_id}:
        raise KeyRefusedError(f"{old.origin}: is not the key that this database's secrets are encrypted with")
    salt = os.urandom(SALT_BYTES)
    after = Vault(new.key(salt), salt)
    _check_all(connection, before)
    keys = connection.execute(_SEALED_KEYS).scalars().all()
    for key in keys:
        _seal_anew(connection, key, before, after)
    _seal_all(connection, after)
    connection.execute(update(STATE).values(key_salt=salt, key_id=after.key_id))
    return len(keys)


def _check_all(connection: Connection, vault: Vault) -> None:
    """Check the seals of all settings; none of a store from before there were any has one."""
    rows = connection.execute(_ENTRIES).all()
    if all(row.seal is None for row in rows):
        return
    for row in rows:
        vault.check(row.key, encrypted=row.encrypted, value=row.value, seal=row.seal)


def _seal_anew(connection: Connection, key: str, before: Vault, after: Vault) -> None:
    sealed = connection.execute(select(_entries.value).where(_entries.key == key)).scalar_one()
    value = after.seal(key, before.open(key, sealed))
    connection.execute(update(CONFIG_ENTRIES.table).where(_entries.key == key).values(value=value))
