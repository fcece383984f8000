"""Whether anything listens at an address."""

import socket

QUICK = 0.3
"""So many seconds are long enough on this machine."""


def answers(address: str, timeout: float = QUICK) -> bool:
    """Whether something listens at the address, HOST:PORT or unix:PATH; asks for so many seconds at most."""
    try:
        _connect(address, timeout).close()
    except OSError:
        return False
    return True


def _connect(address: str, timeout: float) -> socket.socket:
    if address.startswith("unix:"):
        return _connect_to_socket(address.removeprefix("unix:").removeprefix("//"), timeout)
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout)


def _connect_to_socket(path: str, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
