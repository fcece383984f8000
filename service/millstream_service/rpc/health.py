"""What grpc.health.v1 says: of the service and of each that it has the same, SERVING as long as nothing is wrong.

The cycle: `_run` waits until the supervisor knows of something new and tells it to all who watch; `close` tells them
that the service ends, which nothing takes back. All fields belong to the event loop.
"""

from collections.abc import Iterable

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as health

from millstream_service import background
from millstream_service.background import Supervisor

_SERVING, _NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """The health of the services of these names, and of all together."""

    def __init__(self, names: Iterable[str], supervisor: Supervisor) -> None:
        self.servicer = health.HealthServicer()
        self._names = ("", *names)
        self._supervisor = supervisor
        self._task: background.Task | None = None

    async def start(self) -> None:
        """Say how it is, and go on saying so."""
        await self._say()
        self._task = self._supervisor.start(self._run, "health")

    async def close(self) -> None:
        """Say that the service ends."""
        await background.stop(self._task)
        await self.servicer.enter_graceful_shutdown()

    async def _run(self) -> None:
        while True:
            self._supervisor.changed.clear()
            await self._say()
            await self._supervisor.changed.wait()

    async def _say(self) -> None:
        status = _SERVING if self._supervisor.well else _NOT_SERVING
        for name in self._names:
            await self.servicer.set(name, status)
