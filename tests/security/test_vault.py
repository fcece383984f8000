"""What is sealed stays secret, whole, and where it belongs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service.errors import EncryptionKeyMissingError, MillstreamServiceError, StoreCorruptError
from millstream_service.security.vault import Key, Vault

CANARY = "ghp_canary0123456789"
KEY = Key(bytes(range(32)))


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


@given(name=st.text(max_size=50), value=st.text())
def test_what_is_sealed_opens_under_its_name(name: str, value: str) -> None:
    vault = Vault(KEY)
    sealed = vault.seal(name, value)
    assert Vault(Key(KEY.material)).open(name, sealed) == value


def test_the_same_value_never_looks_the_same(vault: Vault) -> None:
    assert len({vault.seal("github.token", CANARY) for _ in range(100)}) == 100


def test_nothing_of_the_value_or_the_key_shows(vault: Vault) -> None:
    sealed = vault.seal("github.token", CANARY)
    assert CANARY.encode() not in sealed
    assert KEY.material not in sealed
    assert KEY.material.hex() not in repr(KEY) + repr(vars(vault))
    assert repr(KEY.material) not in repr(KEY) + repr(vars(vault))


def refusal(vault: Vault, name: str, sealed: bytes) -> MillstreamServiceError:
    with pytest.raises(MillstreamServiceError) as refused:
        vault.open(name, sealed)
    error = refused.value
    assert CANARY not in repr((error, error.message, error.metadata, error.__cause__))
    return error


def test_each_bit_is_authenticated(vault: Vault) -> None:
    sealed = vault.seal("github.token", CANARY)
    for place in range(len(sealed)):
        for bit in (1, 0x80):
            damaged = bytearray(sealed)
            damaged[place] ^= bit
            error = refusal(vault, "github.token", bytes(damaged))
            # a byte of the key's id makes it another key's
            assert isinstance(error, EncryptionKeyMissingError if 1 <= place <= 16 else StoreCorruptError)


def test_a_value_that_was_cut_is_damaged(vault: Vault) -> None:
    sealed = vault.seal("github.token", CANARY)
    for length in range(len(sealed)):
        assert isinstance(refusal(vault, "github.token", sealed[:length]), StoreCorruptError)
    assert isinstance(refusal(vault, "github.token", sealed + b"x"), StoreCorruptError)


def test_a_value_does_not_open_under_another_name(vault: Vault) -> None:
    sealed = vault.seal("github.token", CANARY)
    assert isinstance(refusal(vault, "github.tokens", sealed), StoreCorruptError)


def test_another_key_is_told_from_damage(vault: Vault) -> None:
    sealed = vault.seal("github.token", CANARY)
    error = refusal(Vault(Key(bytes(32))), "github.token", sealed)
    assert isinstance(error, EncryptionKeyMissingError)
    assert error.reason == "ENCRYPTION_KEY_MISSING"
    assert "another key" in error.message


def test_without_a_key_nothing_is_sealed_and_nothing_opened(vault: Vault) -> None:
    locked = Vault()
    with pytest.raises(EncryptionKeyMissingError) as refused:
        locked.seal("github.token", CANARY)
    assert CANARY not in repr(refused.value)
    assert isinstance(refusal(locked, "github.token", vault.seal("github.token", CANARY)), EncryptionKeyMissingError)


def test_keys_have_ids_of_their_own() -> None:
    assert Key(KEY.material).id == KEY.id
    assert Key(bytes(32)).id != KEY.id
    assert KEY.id not in KEY.material
