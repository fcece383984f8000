"""Makes the transport that serves."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from millstream_service.background import Supervisor
from millstream_service.errors import ValidationFailedError
from millstream_service.rpc.call import Route


class Transport(Protocol):
    """A server of some routes. The cycle: ports are added -> started -> stopped."""

    def add_port(self, address: str) -> int:
        """Listen at HOST:PORT or unix:PATH; return the port. Raises CannotListenError."""
        ...

    async def start(self) -> None:
        """Take calls."""
        ...

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and give the last statuses so many seconds to go out."""
        ...


def new_transport(
    name: str, routes: Iterable[Route], max_message_bytes: int, supervisor: Supervisor, origins: Sequence[str] = ()
) -> Transport:
    """Return the transport of this name. What it needs is imported only now. Raises ValidationFailedError."""
    if name == "grpcio":
        from millstream_service.rpc.transports.grpcio import GrpcioTransport

        return GrpcioTransport(routes, max_message_bytes)
    try:
        from millstream_service.rpc.transports.native import NativeTransport
    except ImportError as error:
        text = "native needs h2corn, which is not installed: pip install 'millstream[server]'"
        raise ValidationFailedError("transport", text) from error
    return NativeTransport(routes, supervisor, origins)
