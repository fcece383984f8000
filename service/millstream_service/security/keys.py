"""Where the encryption key comes from: a file, the system's keyring, or the environment.

Each of them holds one text. 32 bytes in base64 are the key as they are; anything else is a passphrase of 12 characters
or more, which Argon2id (RFC 9106, the second of its recommended settings) turns into a key, with the salt that the
store keeps. Base64 of another length is neither: it is more likely a key that was cut than a passphrase.
"""

import base64
import binascii
import os
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from millstream_service.errors import KeyRefusedError
from millstream_service.security.vault import KEY_BYTES, Key

KEY_VARIABLE = "MILLSTREAM_KEY"
FILE_VARIABLE = "MILLSTREAM_KEY_FILE"
KEYRING_VARIABLE = "MILLSTREAM_KEYRING"
KEYRING_ENTRY = ("millstream", "encryption-key")
"""The service and the user name that the keyring keeps it by."""

SALT_BYTES = 16
MAX_FILE_BYTES = 4096
MIN_PASSPHRASE = 12
"""In characters: what is shorter is guessed, however slow each guess is."""
_PASSES = 3
_LANES = 4
_MEMORY_KIB = 64 * 1024


@dataclass(frozen=True)
class Secret:
    """A key, or a passphrase, as somebody gave it. `origin` says where, for people."""

    text: str = field(repr=False)
    origin: str

    def key(self, salt: bytes) -> Key:
        """Return the key. For a passphrase this takes some tenths of a second and 64 MiB. Raises KeyRefusedError."""
        return Key(_raw_key(self.text) or self._stretch(salt))

    def _stretch(self, salt: bytes) -> bytes:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        passphrase = unicodedata.normalize("NFC", self.text).encode()  # the same one however a keyboard composes it
        try:
            argon = Argon2id(salt=salt, length=KEY_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
        except UnsupportedAlgorithm as error:
            raise KeyRefusedError("this system's OpenSSL lacks Argon2id: give a key of 32 bytes instead") from error
        return argon.derive(passphrase)


def find(key_file: Path | None = None, *, keyring: bool = False) -> Secret | None:
    """Return the secret that was asked for, None where none was. Raises KeyRefusedError where it can't be had.

    What is named here goes before the environment: MILLSTREAM_KEY_FILE, MILLSTREAM_KEYRING (1), MILLSTREAM_KEY.
    """
    if key_file is not None or keyring:
        return from_file(key_file) if key_file is not None else from_keyring()
    return from_environment(os.environ)


def from_environment(environment: Mapping[str, str]) -> Secret | None:
    """Return the secret that the environment names, or holds."""
    if path := environment.get(FILE_VARIABLE):
        return from_file(Path(path))
    if environment.get(KEYRING_VARIABLE, "0") not in {"", "0"}:
        return from_keyring()
    text = environment.get(KEY_VARIABLE, "").strip()
    return accept(text, KEY_VARIABLE) if text else None


def from_file(path: Path) -> Secret:
    """Return the secret that a file holds, which nobody but its owner may read.

    It must be a file: a pipe or a terminal may never come to its end.
    """
    try:
        with open(path.expanduser(), "rb", opener=_without_waiting) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyRefusedError(f"{path}: the key must be in a regular file")
            if stat.S_IMODE(mode) & 0o077:
                raise KeyRefusedError(f"{path}: others may use this key: chmod 600 it")
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeyRefusedError(f"{path}: the key can't be read: {error.strerror}") from error
    return _secret(data, str(path))


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; of a pipe, don't wait for who writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def accept(text: str, origin: str) -> Secret:
    """Return a secret. Raises KeyRefusedError for a short passphrase, and for a key of another length."""
    length = len(_decode(text) or b"")
    if length not in (0, KEY_BYTES):
        raise KeyRefusedError(
            f"{origin}: is base64 of {length} bytes, and a key has {KEY_BYTES}; a passphrase needs a character that "
            "base64 does not have, such as a space"
        )
    if len(unicodedata.normalize("NFC", text)) < MIN_PASSPHRASE:
        raise KeyRefusedError(f"{origin}: a passphrase has {MIN_PASSPHRASE} characters or more")
    return Secret(text, origin)


def _secret(data: bytes, origin: str) -> Secret:
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > MAX_FILE_BYTES:
        raise KeyRefusedError(f"{origin}: holds neither a key in base64 nor a passphrase")
    return accept(text, origin)


def from_keyring() -> Secret:
    """Return the secret that the system's keyring holds."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise KeyRefusedError("the keyring needs: pip install 'millstream[keyring]'") from error
    try:
        text = keyring.get_password(*KEYRING_ENTRY)
    except KeyringError as error:
        raise KeyRefusedError(f"the system's keyring can't be used: {error}") from error
    if not text:
        raise KeyRefusedError(f"the system's keyring has no key: keyring set {' '.join(KEYRING_ENTRY)}")
    return _secret(text.encode(), "the system's keyring")


def _raw_key(text: str) -> bytes | None:
    key = _decode(text)
    return key if key is not None and len(key) == KEY_BYTES else None


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode().translate(bytes.maketrans(b"-_", b"+/")), validate=True)
    except binascii.Error:
        return None
