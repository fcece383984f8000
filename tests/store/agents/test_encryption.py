"""A store knows its key, without having it."""

from functools import partial
from pathlib import Path

import pytest

from millstream_service.errors import EncryptionKeyMissingError, KeyRefusedError
from millstream_service.security.keys import Secret
from millstream_service.security.vault import Vault
from millstream_service.store.agents import encryption
from millstream_service.store.database.database import Database
from tests.store.conftest import Write
from tests.store.opening import opened
from tests.store.secrets import fill, raw

CANARY = "ghp_canary0123456789"


def test_without_a_secret_the_vault_stays_shut(database: Database) -> None:
    vault = encryption.unlock(database, None)
    with pytest.raises(EncryptionKeyMissingError):
        vault.seal("github.token", CANARY)


def test_what_one_service_sealed_another_with_the_key_opens(database: Database) -> None:
    sealed = encryption.unlock(database, raw(1)).seal("github.token", CANARY)
    assert encryption.unlock(database, raw(1)).open("github.token", sealed) == CANARY


def test_a_wrong_key_is_told_at_once(database: Database) -> None:
    fill(database, raw(1))
    with pytest.raises(KeyRefusedError) as refused:
        encryption.unlock(database, raw(2))
    assert refused.value.message == "key 2: is not the key that this database's secrets are encrypted with"
    encryption.unlock(database, raw(1))


def test_a_wrong_passphrase_is_told_at_once(database: Database) -> None:
    fill(database, Secret("correct horse", "MILLSTREAM_KEY"))
    with pytest.raises(KeyRefusedError) as refused:
        encryption.unlock(database, Secret("battery staple", "MILLSTREAM_KEY"))
    assert "battery" not in repr(refused.value)
    encryption.unlock(database, Secret("correct horse", "MILLSTREAM_KEY"))


def test_as_long_as_nothing_is_encrypted_another_key_may_take_the_place(database: Database) -> None:
    encryption.unlock(database, Secret("mistypd", "MILLSTREAM_KEY"))
    fill(database, Secret("mistyped", "MILLSTREAM_KEY"))
    with pytest.raises(KeyRefusedError):
        encryption.unlock(database, Secret("mistypd", "MILLSTREAM_KEY"))


def test_a_passphrase_makes_another_key_for_each_store() -> None:
    with opened() as one, opened() as other:
        secret = Secret("correct horse", "here")
        assert encryption.unlock(one, secret).key_id != encryption.unlock(other, secret).key_id


def test_the_key_is_not_in_the_store(file_url: str, tmp_path: Path) -> None:
    with opened(file_url) as database:
        encryption.unlock(database, raw(1))
        encryption.unlock(database, raw(1))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert bytes([1]) * 32 not in stored


def test_what_seals_is_told_that_the_key_is_no_longer_the_stores(database: Database, write: Write) -> None:
    vault = encryption.unlock(database, raw(1))
    write(partial(encryption.require, vault=vault))
    for other in (Vault(raw(2).key(b"")), Vault()):
        with pytest.raises(EncryptionKeyMissingError, match="was replaced"):
            write(partial(encryption.require, vault=other))
