"""Seals what must not lie open in the database. The key is never in it: see `keys`.

A sealed value is one byte that says its format, the id of its key (16 bytes), a random nonce (12), and what AES-256-GCM
(NIST SP 800-38D) makes of the text: as many bytes as it has in UTF-8, and a tag (16). Format, key id and the name that
the value goes by are authenticated with it: bytes that were altered, or put under another name, do not open.

Beside its value every setting has a seal, also one in the clear: a HMAC-SHA256 of the store's salt, the name, whether
it is encrypted, and the value as it is stored. So nobody without the key can put one value in another's place, pass a
value of another store off as one of this, or make an encrypted setting one in the clear. It does not tell that a
setting was deleted, nor that all of it, value and seal, is an earlier one.

Errors say which name is concerned, and never what was sealed.
"""

import hmac
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from millstream_service.errors import EncryptionKeyMissingError, StoreCorruptError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
KEY_ID_BYTES = 16
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_LENGTH_BYTES = 4
_HEAD_BYTES = len(_FORMAT) + KEY_ID_BYTES
_TEXT_AT = _HEAD_BYTES + _NONCE_BYTES
_PURPOSE = b"millstream config\x00"


@dataclass(frozen=True)
class Key:
    """32 secret bytes. What encrypts, and the id that tells keys apart, are derived from them (HKDF, RFC 5869).

    `cryptography` is loaded with the first key: most stores, and most commands, have none.
    """

    material: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """16 bytes that say which key it is, and nothing about it."""
        return self._derive(KEY_ID_BYTES, b"millstream key id")

    @property
    def cipher(self) -> "AESGCM":
        """What seals and opens with this key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._derive(KEY_BYTES, b"millstream seal"))

    @property
    def authenticator(self) -> bytes:
        """What the seals of settings are made with."""
        return self._derive(KEY_BYTES, b"millstream settings")

    def _derive(self, length: int, purpose: bytes) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

        return HKDFExpand(SHA256(), length, purpose).derive(self.material)


class Vault:
    """Seals and opens with one key; without a key it refuses to do either. Never changes: any thread may use it."""

    def __init__(self, key: Key | None = None, salt: bytes = b"") -> None:
        """`salt`: the store's, which a copy keeps."""
        self.key_id = key.id if key else None
        self._cipher = key.cipher if key else None
        self._authenticator = key.authenticator if key else None
        self._salt = salt

    def seal(self, key_name: str, value: str) -> bytes:
        """Encrypt the value that goes by this name. Raises EncryptionKeyMissingError."""
        if self._cipher is None or self.key_id is None:
            raise EncryptionKeyMissingError("the service has no encryption key: nothing was stored")
        head = _FORMAT + self.key_id
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._cipher.encrypt(nonce, value.encode(), _bound_to(head, key_name))

    def open(self, key_name: str, sealed: bytes) -> str:
        """Decrypt what was sealed under this name.

        Raises EncryptionKeyMissingError where the service has no key, or not the one that it was sealed with, and
        StoreCorruptError where it was damaged, or sealed under another name.
        """
        if self._cipher is None:
            raise EncryptionKeyMissingError(f"{key_name} is encrypted, and the service has no encryption key")
        head, nonce, text = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:_TEXT_AT], sealed[_TEXT_AT:]
        if head[:1] != _FORMAT or len(text) < _TAG_BYTES:
            raise StoreCorruptError(f"the encrypted value of {key_name} is damaged")
        if head[1:] != self.key_id:
            raise EncryptionKeyMissingError(f"{key_name} is encrypted with another key than the service has")
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(nonce, text, _bound_to(head, key_name)).decode()
        except InvalidTag:
            raise StoreCorruptError(f"the encrypted value of {key_name} is damaged") from None

    def seal_of(self, key_name: str, *, encrypted: bool, value: bytes) -> bytes | None:
        """Return the seal of a setting, as it is stored; None without a key."""
        if self._authenticator is None:
            return None
        name = key_name.encode()
        signed = (self._salt, len(name).to_bytes(_LENGTH_BYTES), name, bytes((encrypted,)), value)
        return hmac.digest(self._authenticator, b"".join(signed), "sha256")

    def check(self, key_name: str, *, encrypted: bool, value: bytes, seal: bytes | None) -> None:
        """Raise StoreCorruptError unless somebody with the key has set a setting so. Without a key all pass."""
        expected = self.seal_of(key_name, encrypted=encrypted, value=value)
        if expected is not None and not hmac.compare_digest(expected, seal or b""):
            raise StoreCorruptError.of_row("config_entries", key_name, "was changed by somebody without the key")


def _bound_to(head: bytes, key_name: str) -> bytes:
    return head + _PURPOSE + key_name.encode()
