"""Who makes a call, as far as that is known: `rpc` gives one to each handler, in place of gRPC's context."""

from collections.abc import Callable

_SOCKET = "unix:"


class Caller:
    """The other end of a call. `peer` gives its address; it is asked only once somebody wants to know."""

    __slots__ = ("_peer",)

    def __init__(self, peer: Callable[[], str]) -> None:
        self._peer = peer

    @property
    def over_socket(self) -> bool:
        """Whether the call came over a unix socket, which its owner alone can connect to; else over TCP."""
        return self._peer().startswith(_SOCKET)
