"""Where the encryption key comes from, and which are refused."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from millstream_service.errors import KeyRefusedError
from millstream_service.security import keys
from millstream_service.security.keys import Secret
from millstream_service.security.vault import Key

RAW = bytes(range(32))
SALT = b"0123456789abcdef"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (keys.KEY_VARIABLE, keys.FILE_VARIABLE, keys.KEYRING_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def key_file(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("raw", [RAW, bytes(range(224, 256))])
def test_32_bytes_in_base64_are_the_key_as_they_are(encode: object, raw: bytes) -> None:
    assert callable(encode)
    assert Secret(encode(raw).decode(), "here").key(SALT) == Key(raw)


def test_anything_else_is_a_passphrase() -> None:
    key = Secret(PASSPHRASE, "here").key(SALT)
    assert len(key.material) == 32
    assert Secret(PASSPHRASE, "there").key(SALT) == key
    assert Secret(PASSPHRASE + ".", "here").key(SALT) != key
    assert Secret(PASSPHRASE, "here").key(SALT[::-1]) != key


def test_a_passphrase_goes_through_argon2id_as_its_rfc_recommends() -> None:
    # by another implementation, argon2-cffi: 3 passes, 64 MiB, 4 lanes
    expected = "efb51f9a76584f6dd6a4f7942a1a2f6ae5a6e4ec5142ff674dfd5d27eb45e446"
    assert Secret(PASSPHRASE, "here").key(SALT).material.hex() == expected


def test_a_passphrase_is_the_same_however_it_is_composed() -> None:
    assert Secret("cafe\u0301", "here").key(SALT) == Secret("caf\u00e9", "here").key(SALT)


def test_a_file_holds_one(tmp_path: Path) -> None:
    found = keys.find(key_file(tmp_path, f"  {PASSPHRASE}\n"))
    assert found is not None
    assert (found.text, found.origin) == (PASSPHRASE, str(tmp_path / "key"))
    assert PASSPHRASE not in repr(found)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, PASSPHRASE, mode)
    with pytest.raises(KeyRefusedError, match="chmod 600") as refused:
        keys.from_file(path)
    assert PASSPHRASE not in repr(refused.value)
    path.chmod(0o400)
    assert keys.from_file(path).text == PASSPHRASE


@pytest.mark.parametrize("content", [b"", b"\n ", b"\xff\xfe\x00", b"x" * 4097])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(KeyRefusedError, match="neither a key in base64 nor a passphrase"):
        keys.from_file(key_file(tmp_path, content))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError, match="the key can't be read: No such file"):
        keys.from_file(tmp_path / "none")
    with pytest.raises(KeyRefusedError, match="the key can't be read: Is a directory"):
        keys.from_file(tmp_path)


@pytest.mark.parametrize("length", [1, 16, 31, 33, 64])
def test_base64_of_another_length_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    text = base64.b64encode(bytes(length)).decode()
    with pytest.raises(KeyRefusedError, match=f"is base64 of {length} bytes, and a key has 32"):
        keys.from_file(key_file(tmp_path, text))
    monkeypatch.setenv(keys.KEY_VARIABLE, text)
    with pytest.raises(KeyRefusedError, match=f"is base64 of {length} bytes"):
        keys.find()
    keyring.set_keyring(Ring(text))
    with pytest.raises(KeyRefusedError, match=f"is base64 of {length} bytes"):
        keys.find(keyring=True)


@pytest.mark.parametrize("text", ["short", "eleven char", "cafe\u0301 of te\u0301a"])
def test_a_short_passphrase_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(KeyRefusedError, match="has 12 characters or more") as refused:
        keys.from_file(key_file(tmp_path, text))
    assert text not in str(refused.value).partition(": a passphrase")[2]
    monkeypatch.setenv(keys.KEY_VARIABLE, text)
    with pytest.raises(KeyRefusedError, match="has 12 characters or more"):
        keys.find()
    assert keys.from_file(key_file(tmp_path, text + " twelve")).text == text + " twelve"


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(KeyRefusedError, match="must be in a regular file"):
            keys.from_file(path)


def test_the_environment_is_asked_where_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys.find() is None
    monkeypatch.setenv(keys.KEY_VARIABLE, " \n")
    assert keys.find() is None
    monkeypatch.setenv(keys.KEY_VARIABLE, "of the environment")
    assert keys.find() == Secret("of the environment", "MILLSTREAM_KEY")
    monkeypatch.setenv(keys.FILE_VARIABLE, str(key_file(tmp_path, "out of a file")))
    assert keys.find() == Secret("out of a file", str(tmp_path / "key"))
    other = tmp_path / "other"
    other.mkdir()
    named = key_file(other, "of the file that is named")
    assert keys.find(named) == Secret("of the file that is named", str(named))


class Ring(KeyringBackend):
    """A keyring of the test's own."""

    priority = 1

    def __init__(self, text: str | None, *, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.text = text
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("it is locked")
        return self.text if (service, username) == ("millstream", "encryption-key") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _own_keyring() -> object:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_the_keyring_holds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(Ring(PASSPHRASE))
    assert keys.find(keyring=True) == Secret(PASSPHRASE, "the system's keyring")
    monkeypatch.setenv(keys.KEYRING_VARIABLE, "1")
    assert keys.find() == Secret(PASSPHRASE, "the system's keyring")
    monkeypatch.setenv(keys.KEYRING_VARIABLE, "0")
    assert keys.find() is None


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (Ring(None), "has no key: keyring set millstream encryption-key"),
        (Ring("x", locked=True), "can't be used: it is locked"),
    ],
)
def test_a_keyring_without_a_key_is_refused(ring: Ring, said: str) -> None:
    keyring.set_keyring(ring)
    with pytest.raises(KeyRefusedError, match=said):
        keys.find(keyring=True)


def test_without_the_keyring_extra_it_says_how_to_install_it() -> None:
    code = (
        "import sys; sys.modules['keyring'] = None\n"
        "from millstream_service.security import keys\n"
        "try: keys.find(keyring=True)\n"
        "except keys.KeyRefusedError as error: print(error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "the keyring needs: pip install 'millstream[keyring]'\n"
