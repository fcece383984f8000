"""A store is given another key: all of its secrets, or none, whenever the power goes."""

import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from millstream_service.errors import EncryptionKeyMissingError, KeyRefusedError, StoreCorruptError
from millstream_service.security.keys import Secret
from millstream_service.security.vault import Vault
from millstream_service.store.agents import encryption
from millstream_service.store.agents.tables import CONFIG_ENTRIES
from millstream_service.store.schema.models import STATE
from tests.deadline import patience
from tests.store.opening import opened
from tests.store.secrets import SECRETS, fill, raw

pytestmark = pytest.mark.slow

entries = CONFIG_ENTRIES.table.c


@pytest.fixture
def url(lasting_url: str) -> str:
    """A database with secrets under the first key."""
    with opened(lasting_url) as database:
        fill(database, raw(1))
    return lasting_url


def stored(connection: Connection) -> dict[str, bytes]:
    return {row.key: row.value for row in connection.execute(select(CONFIG_ENTRIES.table))}


def secrets(vault: Vault, values: dict[str, bytes]) -> dict[str, str]:
    return {key: vault.open(key, values[key]) for key in SECRETS}


def read(url: str, secret: Secret) -> dict[str, str]:
    with opened(url) as database:
        vault = encryption.unlock(database, secret)
        return secrets(vault, database.read_now(stored))


def state(connection: Connection) -> Any:
    return connection.execute(select(STATE)).one()


def test_all_secrets_open_with_the_new_key_and_none_with_the_old(url: str) -> None:
    with opened(url) as database:
        before = database.read_now(stored)
    assert encryption.rotate(url, raw(1), raw(2)) == len(SECRETS)
    assert read(url, raw(2)) == SECRETS
    with opened(url) as database:
        after = database.read_now(stored)
        with pytest.raises(KeyRefusedError):
            encryption.unlock(database, raw(1))
    assert all(before[key] != after[key] for key in SECRETS)
    assert after["open"] == b"for all to see"


def test_a_passphrase_follows_a_key_and_another_one_follows_that(url: str) -> None:
    encryption.rotate(url, raw(1), Secret("correct horse", "here"))
    encryption.rotate(url, Secret("correct horse", "here"), Secret("battery staple", "here"))
    assert read(url, Secret("battery staple", "here")) == SECRETS


def test_the_same_passphrase_is_another_key_afterwards(url: str) -> None:
    encryption.rotate(url, raw(1), Secret("correct horse", "here"))
    with opened(url) as database:
        before = database.read_now(state).key_id
    encryption.rotate(url, Secret("correct horse", "here"), Secret("correct horse", "here"))
    with opened(url) as database:
        assert database.read_now(state).key_id != before
    assert read(url, Secret("correct horse", "here")) == SECRETS


def test_what_is_watched_has_not_changed(url: str) -> None:
    with opened(url) as database:
        before = database.read_now(state).revision
    encryption.rotate(url, raw(1), raw(2))
    with opened(url) as database:
        assert database.read_now(state).revision == before


def test_with_a_wrong_old_key_all_stays_as_it_was(url: str) -> None:
    with pytest.raises(KeyRefusedError, match=r"^key 3: is not the key"):
        encryption.rotate(url, raw(3), raw(2))
    assert read(url, raw(1)) == SECRETS


def test_with_a_secret_that_is_damaged_all_stays_as_it_was(url: str) -> None:
    with opened(url) as database, database.connect_writer() as connection, connection.begin():
        connection.execute(update(CONFIG_ENTRIES.table).where(entries.key == "token.9").values(value=b"\x01rubbish"))
    with opened(url) as database:
        before = database.read_now(stored), database.read_now(state)
    with pytest.raises(StoreCorruptError, match=r"token\.9"):
        encryption.rotate(url, raw(1), raw(2))
    with opened(url) as database:
        assert (database.read_now(stored), database.read_now(state)) == before


def test_a_store_without_secrets_takes_any_key(lasting_url: str) -> None:
    assert encryption.rotate(lasting_url, raw(1), raw(2)) == 0
    with opened(lasting_url) as database:
        encryption.unlock(database, raw(3))
        encryption.unlock(database, raw(4))


def test_a_service_with_the_old_key_neither_opens_nor_adds(url: str) -> None:
    with opened(url) as database:
        old = encryption.unlock(database, raw(1))
        encryption.rotate(url, raw(1), raw(2))
        sealed = database.read_now(stored)["token.1"]
        with pytest.raises(EncryptionKeyMissingError, match="another key"):
            old.open("token.1", sealed)
        with pytest.raises(EncryptionKeyMissingError, match="was replaced"):
            database.read_now(partial(encryption.require, vault=old))


KILLED = """
import os, signal, sys
from millstream_service.security.keys import Secret
from millstream_service.store.agents import encryption

left = int(sys.argv[4])
seal = encryption.Vault.seal

def counted(vault, name, value):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return seal(vault, name, value)

encryption.Vault.seal = counted
encryption.rotate(sys.argv[1], Secret(sys.argv[2], "old"), Secret(sys.argv[3], "new"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("secrets_done", [0, 1, 5, 9, 10])
def test_killed_in_the_midst_of_it_all_secrets_have_one_key(url: str, secrets_done: int) -> None:
    arguments = (url, raw(1).text, raw(2).text, str(secrets_done))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, timeout=patience(60)
    )
    assert done.returncode == -9, done.stderr
    finished = secrets_done == len(SECRETS)
    assert read(url, raw(2 if finished else 1)) == SECRETS
    with opened(url) as database, pytest.raises(KeyRefusedError):
        encryption.unlock(database, raw(1 if finished else 2))
