"""What grpc.health.v1 says: of the service and of each that it has the same, SERVING as long as nothing is wrong.

The cycle: a watcher gets the status, and waits until the supervisor knows of something new; `close` says that the
service ends, which nothing takes back. (The servicer that comes with grpcio-health-checking forgets all who watch once
one of them leaves.) All fields belong to the event loop.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from millstream_service.background import Supervisor
from millstream_service.errors import NotFoundError


class Health:
    """The health of the services of these names, and of all together."""

    def __init__(self, names: Iterable[str], supervisor: Supervisor) -> None:
        self._names = {"", *names}
        self._supervisor = supervisor
        self._ending = False

    def close(self) -> None:
        """Say that the service ends."""
        self._ending = True
        self._supervisor.wake()

    @property
    def _status(self) -> int:
        well = self._supervisor.well and not self._ending
        return HealthCheckResponse.SERVING if well else HealthCheckResponse.NOT_SERVING

    async def Check(self, request: HealthCheckRequest, _context: object) -> HealthCheckResponse:
        """Answer how it is now. Raises NotFoundError."""
        if request.service not in self._names:
            raise NotFoundError("service", request.service)
        return HealthCheckResponse(status=self._status)

    async def Watch(self, request: HealthCheckRequest, _context: Any) -> AsyncIterator[HealthCheckResponse]:
        """Send how it is, and each time that it has become otherwise."""
        known = request.service in self._names
        sent = None
        while True:
            changed = self._supervisor.changed
            status = self._status if known else HealthCheckResponse.SERVICE_UNKNOWN
            if status != sent:
                sent = status
                yield HealthCheckResponse(status=status)
            await changed.wait()
