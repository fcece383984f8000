"""The types of asynchronous stubs, which exist for the type checker alone."""

from typing import TYPE_CHECKING

from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub

if TYPE_CHECKING:
    from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceAsyncStub as Backend
    from millstream.common.v1.change_service_pb2_grpc import ChangeServiceAsyncStub as Changes
else:
    Backend, Changes = BackendServiceStub, ChangeServiceStub

__all__ = ["Backend", "Changes"]
