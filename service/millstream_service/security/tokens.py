"""Tokens that clients send back: where they are in a stream, or in a list. Signed, so that forged ones are refused.

A token is the store's id, what it says, and a keyed hash (BLAKE2b, RFC 7693) over both and the request that it belongs
to. No gRPC here.
"""

import base64
import binascii
import hmac
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from millstream_service.errors import InvalidPageTokenError, InvalidResumeTokenError

_STORE_BYTES = 16
_SIGNATURE_BYTES = 16
_PLACE = struct.Struct(">qq16s")
_RESUME_BYTES = _STORE_BYTES + _PLACE.size + _SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client of a snapshot stream is: it has the value with this digest, of a list so many elements."""

    revision: int
    length: int
    digest: bytes


class TokenSigner:
    """Makes and reads the tokens of one store."""

    def __init__(self, store_id: bytes, secret: bytes) -> None:
        self._store_id = store_id
        self._secret = secret

    def _sign(self, kind: bytes, request: bytes, body: bytes) -> bytes:
        signer = blake2b(key=self._secret, digest_size=_SIGNATURE_BYTES, person=kind)
        signer.update(struct.pack(">q", len(request)) + request + self._store_id + body)
        return signer.digest()

    def resume_token(self, request: bytes, place: Place) -> bytes:
        """Return the token of a place in the stream that `request` asked for."""
        body = _PLACE.pack(place.revision, place.length, place.digest)
        return self._store_id + body + self._sign(b"resume", request, body)

    def place(self, request: bytes, token: bytes) -> Place | None:
        """Return the place of a token; None for an empty one, or one of another store.

        Raises InvalidResumeTokenError where it is damaged or of another request.
        """
        if not token:
            return None
        if len(token) != _RESUME_BYTES:
            raise InvalidResumeTokenError
        store_id, body, signature = (
            token[:_STORE_BYTES],
            token[_STORE_BYTES:-_SIGNATURE_BYTES],
            token[-_SIGNATURE_BYTES:],
        )
        if store_id != self._store_id:
            return None
        if not hmac.compare_digest(signature, self._sign(b"resume", request, body)):
            raise InvalidResumeTokenError
        return Place(*_PLACE.unpack(body))

    def page_token(self, request: bytes, after: Sequence[Any]) -> str:
        """Return the token of the page behind the element with these order values (strings and numbers)."""
        body = json.dumps(list(after)).encode()
        return base64.urlsafe_b64encode(self._sign(b"page", request, body) + body).decode()

    def after(self, request: bytes, token: str) -> list[Any] | None:
        """Return the order values of a page token, None for an empty one. Raises InvalidPageTokenError."""
        if not token:
            return None
        try:
            data = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise InvalidPageTokenError from None
        signature, body = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(b"page", request, body)):
            raise InvalidPageTokenError
        values: list[Any] = json.loads(body)
        return values
