"""Which transport serves: the native one where it is installed, else grpcio's."""

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Protocol

from millstream_service.background import Supervisor
from millstream_service.errors import ValidationFailedError
from millstream_service.rpc.call import Route

NATIVE, GRPCIO = "native", "grpcio"
NAMES = (NATIVE, GRPCIO)


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


def default_name() -> str:
    """Return the name of the transport to use where nobody names one."""
    return NATIVE if find_spec("h2corn") else GRPCIO


def new_transport(name: str, routes: Iterable[Route], max_message_bytes: int, supervisor: Supervisor) -> Transport:
    """Return a transport. What is imported for it is so only now. Raises ValidationFailedError."""
    if name == GRPCIO:
        from millstream_service.rpc.transports.grpcio import GrpcioTransport

        return GrpcioTransport(routes, max_message_bytes)
    try:
        from millstream_service.rpc.transports.native import NativeTransport
    except ImportError as error:
        raise ValidationFailedError("transport", "native needs the package h2corn, which is not installed") from error
    return NativeTransport(routes, supervisor)
