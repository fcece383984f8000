"""What a service is started with."""

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import URL

from millstream.transport import user_socket
from millstream_service.errors import CannotListenError, ValidationFailedError
from millstream_service.security.keys import Secret

DEFAULT_LISTEN = "127.0.0.1:50551"
TRANSPORTS = ("grpcio", "native")
_SIZE = re.compile(r"([1-9][0-9]{0,8})([KMGT]?)", re.ASCII)
_MAX = {
    "max_streams": 1 << 31,
    "max_streams_of_one": 1 << 31,
    "max_review_rounds": 1 << 31,
    "keep_logs_days": 36_500,
    "keep_logs_builds": 1 << 31,
    "keep_logs_size": 1 << 60,
}
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def default_listen() -> str:
    """Return `MILLSTREAM_LISTEN`, or the default address."""
    return os.environ.get("MILLSTREAM_LISTEN") or DEFAULT_LISTEN


def listening(given: Sequence[str], database: str) -> dict[str, Any]:
    """Return where to listen, as fields of Config: as given, else as MILLSTREAM_LISTEN says, else in both usual places.

    These are the socket of the user's services for this database, where their own programs look first, and the default
    address, for everybody else's. Raises CannotListenError where there is no folder for the socket.
    """
    named = os.environ.get("MILLSTREAM_LISTEN")
    if given or named:
        return {"listen": given or named}
    try:
        return {"listen": DEFAULT_LISTEN, "user_socket": user_socket.path_for(database)}
    except OSError as error:
        raise CannotListenError(str(error)) from error


def default_database_url() -> str:
    """Return `MILLSTREAM_DB`, or the URL of an SQLite file in the user's data folder."""
    named = os.environ.get("MILLSTREAM_DB")
    if named:
        return named
    return URL.create("sqlite", database=str(user_socket.default_database())).render_as_string(hide_password=False)


def default_transport() -> str:
    """Return `MILLSTREAM_TRANSPORT`, or grpcio."""
    return os.environ.get("MILLSTREAM_TRANSPORT") or "grpcio"


def size_in_bytes(text: str) -> int:
    """Return the bytes that `500M` or `20G` stands for (powers of 1,024). Raises ValidationFailedError."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValidationFailedError("keep_logs_size", f"is {text!r}, must be a size such as 500M or 20G")
    return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class Config:
    """Where to listen, where to store, and the limits: the most streams open in all, and on one connection.

    `listen` is HOST:PORT with a host of this machine (port 0: any free one), or unix:PATH, or several of them. Raises
    ValidationFailedError for anything further: that will need TLS and a token. `user_socket` is a unix socket to listen
    on besides, at once or, where another process has it, as soon as that has ended. Without a `secret` nothing can be
    encrypted, and what is stays shut; with `secrets_over_tcp` it is opened for those who call over TCP, too. The work
    of a coding agent may have `max_review_rounds` rounds of review. Logs of builds that have ended are kept so many
    days, so many of a project, and so many bytes in all; None: for ever. `transport` is what speaks HTTP/2, one of
    TRANSPORTS. Pages of `web_origins`, such as `https://builds.example.com`, may call the native one.
    """

    listen: str | Sequence[str] = DEFAULT_LISTEN
    user_socket: Path | None = None
    database: str = field(default_factory=default_database_url)
    secret: Secret | None = None
    secrets_over_tcp: bool = False
    max_streams: int = 20_000
    max_streams_of_one: int = 10_000
    slow_reader_seconds: float = 60.0
    drain_seconds: float = 5.0
    max_review_rounds: int = 3
    keep_logs_days: int | None = None
    keep_logs_builds: int | None = None
    keep_logs_size: int | None = None
    transport: str = field(default_factory=default_transport)
    web_origins: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name, most in _MAX.items():
            value: int | None = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise ValidationFailedError(name, f"is {value}, must be 1 to {most:,}")
        if self.transport not in TRANSPORTS:
            raise ValidationFailedError("transport", f"is {self.transport!r}, must be one of {', '.join(TRANSPORTS)}")
        for origin in self.web_origins:
            _check_origin(origin)
        for address in self.addresses:
            if not address.startswith("unix:/"):
                _check_loopback(address)
            elif "\0" in address:
                raise ValidationFailedError("listen", "a path has no U+0000")

    @property
    def addresses(self) -> tuple[str, ...]:
        """All that it must listen on: HOST:PORT as given, a unix socket with its absolute path."""
        given = (self.listen,) if isinstance(self.listen, str) else tuple(self.listen)
        return tuple(_absolute(address) for address in given)


def _absolute(address: str) -> str:
    kind, _, path = address.partition(":")
    return f"unix:{Path(path).absolute()}" if kind == "unix" and path else address


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
        raise ValidationFailedError("web_origin", f"{origin!r} is no origin, such as https://builds.example.com")


def _check_loopback(listen: str) -> None:
    host, _, port = listen.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise ValidationFailedError("listen", f"{listen!r} is neither HOST:PORT nor unix:PATH")
    if host == "localhost":
        return
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise ValidationFailedError("listen", f"{host!r} is not an address of this machine") from None
    if not address.is_loopback:
        raise ValidationFailedError("listen", f"{host} can be reached from outside, which needs TLS and a token")
