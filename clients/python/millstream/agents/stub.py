"""What the calls of AgentService stand on."""

from typing import TYPE_CHECKING

from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.streams.watch import Watches
from millstream.transport.connection import Connection

if TYPE_CHECKING:
    from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceAsyncStub


class AgentCalls:
    """A client's connection and its watches, and the stub."""

    _connection: Connection
    _watches: Watches

    @property
    def _agents(self) -> "AgentServiceAsyncStub":
        return self._connection.stub(AgentServiceStub)
