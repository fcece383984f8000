"""What the calls of BackendService stand on."""

from typing import TYPE_CHECKING

from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.streams.watch import Watches
from millstream.transport.connection import Connection

if TYPE_CHECKING:
    from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceAsyncStub


class BackendCalls:
    """A client's connection and its watches, and the stub."""

    _connection: Connection
    _watches: Watches

    @property
    def _backend(self) -> "BackendServiceAsyncStub":
        return self._connection.stub(BackendServiceStub)
