"""Where a service takes calls: ports of this machine, and unix sockets of its owner's.

The cycle: the sockets that it must have are claimed, before anything else of the service starts -> all are bound ->
closed, last of all. One socket may be had later: it is bound with the others, and comes into place at once or, where
another process has its path, as soon as that has ended.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import CannotListenError
from millstream_service.rpc.unix_socket import UnixSocket

AddPort = Callable[[str], int]
"""Has a transport listen at HOST:PORT or a socket's unix:PATH; returns the port. Raises CannotListenError."""
_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.25


class Listening:
    """The addresses of one service: HOST:PORT, or unix: and an absolute path. All belongs to the event loop."""

    def __init__(self, addresses: Sequence[str], later: Path | None = None) -> None:
        self._wanted = [_socket_of(address) or address for address in addresses]
        self._later = UnixSocket(later) if later is not None else None
        self._waiting: background.Task | None = None
        self._noted = ""
        self.addresses: tuple[str, ...] = ()
        """Where it listens, once it does: with the ports that it was given, and without a socket that another has."""

    def claim(self) -> None:
        """Take the paths of the sockets that it must have. Raises CannotListenError."""
        for one in self._wanted:
            if isinstance(one, UnixSocket) and not one.claim():
                raise CannotListenError(f"another service listens on {one.address}")
        if self._later is not None:
            self._later.claim()  # or later, see above

    def open(self, add_port: AddPort, supervisor: Supervisor) -> None:
        """Listen. Raises CannotListenError."""
        self.addresses = tuple(_open(add_port, one) for one in self._wanted)
        if self._later is not None:
            self._later.bind(add_port)
            if self._take_later():
                self.addresses = (self._later.address, *self.addresses)
            else:
                self._waiting = supervisor.start(self._wait_for_later, "socket")

    async def close(self) -> None:
        """Give everything back."""
        await background.stop(self._waiting)
        for one in (*self._wanted, self._later):
            if isinstance(one, UnixSocket):
                one.close()

    def _take_later(self) -> bool:
        if self._later is None or not self._later.claim():
            return False
        self._later.place()
        return True

    async def _wait_for_later(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                if self._take_later():
                    return
            except CannotListenError as error:  # its folder may be away for a while: all else is served
                self._note(error.message)

    def _note(self, problem: str) -> None:
        if problem != self._noted:
            _log.warning("%s", problem)
            self._noted = problem


def _open(add_port: AddPort, one: UnixSocket | str) -> str:
    if isinstance(one, str):
        return f"{one.rpartition(':')[0]}:{add_port(one)}"
    one.bind(add_port)
    one.place()
    return one.address


def _socket_of(address: str) -> UnixSocket | None:
    return UnixSocket(Path(address.removeprefix("unix:"))) if address.startswith("unix:") else None
