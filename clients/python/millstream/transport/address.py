"""Where the service is: `HOST:PORT`, or `unix:PATH` for a unix socket.

The service listens on loopback or on a unix socket only, so there is nothing to say about TLS here.
"""

import os
import re

from millstream.transport import user_socket

ENVIRONMENT_VARIABLE = "MILLSTREAM_ADDRESS"
DEFAULT = "127.0.0.1:50551"

# An IPv6 host stands in brackets: [::1]:50551.
_HOST_AND_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")


def resolve(address: str | None = None) -> str:
    """Return the address to connect to: the one given, else `MILLSTREAM_ADDRESS`, else where a service answers.

    That is first the socket of the user's own service, if there is one, then 127.0.0.1:50551. An empty environment
    variable counts as none. Raises ValueError where the address is neither `HOST:PORT` nor
    `unix:PATH`; its text says where the address came from.
    """
    if address is not None:
        return _check(address, "the address")
    from_environment = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if from_environment:
        return _check(from_environment, ENVIRONMENT_VARIABLE)
    return user_socket.find() or DEFAULT


def _check(address: str, origin: str) -> str:
    if address.startswith("unix:"):
        return _check_socket(address, origin)
    match = _HOST_AND_PORT.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise ValueError(f"{origin} must be HOST:PORT (with a port from 1 to 65535) or unix:PATH, not {address!r}")
    return address


def _check_socket(address: str, origin: str) -> str:
    if not address.removeprefix("unix:").removeprefix("//"):
        raise ValueError(f"{origin} must name a socket after unix:, as in unix:/run/user/1000/millstream.sock")
    return address
