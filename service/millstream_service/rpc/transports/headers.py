"""What headers and trailers say of a call: deadlines, metadata, statuses.

Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
"""

import binascii
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from millstream_service.errors import ValidationFailedError
from millstream_service.rpc.call import Metadata, Status

Headers = Iterable[tuple[bytes, bytes]]
_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_SECONDS = {b"H": 3_600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


def parse_timeout(value: bytes) -> float:
    """Return the seconds that a `grpc-timeout` stands for. Raises ValidationFailedError."""
    found = _TIMEOUT.fullmatch(value)
    if found is None:
        raise ValidationFailedError("grpc-timeout", "must be up to eight digits and a unit")
    return int(found[1]) * _SECONDS[found[2]]


def metadata_of(headers: Headers) -> Mapping[str, str | bytes]:
    """Return the metadata among headers."""
    return gather(
        (name.decode("latin-1"), _binary(value) if name.endswith(b"-bin") else value.decode("latin-1"))
        for name, value in headers
        if not name.startswith((b":", b"grpc-"))
    )


def gather(pairs: Iterable[tuple[str, str | bytes]]) -> Mapping[str, str | bytes]:
    """Return one value for each name: texts joined by commas, as HTTP has them; of those in bytes the last."""
    gathered: dict[str, str | bytes] = {}
    for name, value in pairs:
        before = gathered.get(name)
        gathered[name] = f"{before},{value}" if isinstance(before, str) and isinstance(value, str) else value
    return gathered


def _binary(value: bytes) -> bytes:
    """Return the last of what is written in base64, with or without its padding, joined by commas."""
    last = value.rpartition(b",")[2].strip()
    try:
        return binascii.a2b_base64(last + b"=" * (-len(last) % 4))
    except binascii.Error:
        return b""


def headers_of(metadata: Metadata) -> list[tuple[bytes, bytes]]:
    """Return metadata as headers: values that are bytes in base64."""
    return [
        (name.encode("latin-1"), value.encode("latin-1") if isinstance(value, str) else _base64(value))
        for name, value in metadata
    ]


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).rstrip(b"=")


def trailers_of(status: Status | None, more: Metadata = ()) -> list[tuple[bytes, bytes]]:
    """Return a status as trailers, and more of them; None is OK."""
    if status is None:
        return [(b"grpc-status", b"0"), *headers_of(more)]
    trailers = [
        (b"grpc-status", b"%d" % status.code),
        (b"grpc-message", quote(status.message, safe=_PRINTABLE).encode("ascii")),
    ]
    if status.details:
        trailers.append((b"grpc-status-details-bin", _base64(status.details)))
    return trailers + headers_of(more)
