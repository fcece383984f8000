"""The types of asynchronous stubs, which exist for the type checker alone."""

from typing import TYPE_CHECKING

from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub

if TYPE_CHECKING:
    from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceAsyncStub as Agents
    from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceAsyncStub as Backend
    from millstream.common.v1.change_service_pb2_grpc import ChangeServiceAsyncStub as Changes
    from millstream.common.v1.watch_service_pb2_grpc import WatchServiceAsyncStub as Watcher
else:
    Agents, Backend, Changes, Watcher = AgentServiceStub, BackendServiceStub, ChangeServiceStub, WatchServiceStub

__all__ = ["Agents", "Backend", "Changes", "Watcher"]
