"""What a service is started with."""

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from sqlalchemy import URL

from millstream_service.errors import ValidationFailedError
from millstream_service.keys import Secret

DEFAULT_LISTEN = "127.0.0.1:50551"


def default_listen() -> str:
    """Return `MILLSTREAM_LISTEN`, or the default address."""
    return os.environ.get("MILLSTREAM_LISTEN") or DEFAULT_LISTEN


def default_database_url() -> str:
    """Return `MILLSTREAM_DB`, or the URL of an SQLite file in the user's data folder."""
    named = os.environ.get("MILLSTREAM_DB")
    if named:
        return named
    folder = Path(platformdirs.user_data_dir("millstream", appauthor=False))
    return URL.create("sqlite", database=str(folder / "millstream.sqlite3")).render_as_string(hide_password=False)


@dataclass(frozen=True)
class Config:
    """Where to listen, where to store, and the limits: the most streams open in all, and on one connection.

    `listen` is HOST:PORT with a host of this machine (port 0: any free one), or unix:PATH. Raises
    ValidationFailedError for anything further: that will need TLS and a token. Without a `secret` nothing can be
    encrypted, and what is stays shut. The work of a coding agent may have `most_review_rounds` rounds of review.
    """

    listen: str = DEFAULT_LISTEN
    database: str = field(default_factory=default_database_url)
    secret: Secret | None = None
    most_streams: int = 20_000
    most_streams_of_one: int = 10_000
    slow_reader_seconds: float = 60.0
    drain_seconds: float = 5.0
    most_review_rounds: int = 3

    def __post_init__(self) -> None:
        for name in ("most_streams", "most_streams_of_one", "most_review_rounds"):
            if getattr(self, name) < 1:
                raise ValidationFailedError(name, f"is {getattr(self, name)}, must be 1 or more")
        if self.socket_path is None:
            _check_loopback(self.listen)

    @property
    def socket_path(self) -> Path | None:
        """The path of the unix socket to listen on, if it is one."""
        kind, _, path = self.listen.partition(":")
        return Path(path).absolute() if kind == "unix" and path else None

    @property
    def host(self) -> str:
        """The host to listen on."""
        return self.listen.rpartition(":")[0]


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
