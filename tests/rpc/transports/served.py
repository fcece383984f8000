"""A native transport with RPCs that do as they are told."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream_service.background import Supervisor
from millstream_service.rpc.call import Route
from tests.rpc.serving import backend_routes

SERVICE = pb.DESCRIPTOR.services_by_name["BackendService"]
GET: MethodDescriptor = SERVICE.methods_by_name["GetProject"]
CREATE: MethodDescriptor = SERVICE.methods_by_name["CreateProject"]
STREAM: MethodDescriptor = SERVICE.methods_by_name["StreamBuild"]
APPEND: MethodDescriptor = SERVICE.methods_by_name["AppendBuildLogs"]
WAIT = "wait"
"""The id of what never answers."""
MAX_BYTES = 64 << 10
"""Of a request of GET, as of most."""


def path_of(method: MethodDescriptor) -> str:
    """Return what clients call."""
    return f"/{SERVICE.full_name}/{method.name}"


class Servicer:
    """Answers with what was asked for, or raises `error`: streams after two messages."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[Any] = []
        self.waiting = 0
        self.cancelled = 0

    def __getattr__(self, _rpc: str) -> Any:
        return self._refuse

    async def _refuse(self, request: Any, _caller: object) -> None:
        self.asked.append(request)
        raise self.error or RuntimeError("not told what to do")

    async def GetProject(self, request: pb.GetProjectRequest, _caller: object) -> pb.GetProjectResponse:
        await self._take(request)
        return pb.GetProjectResponse(project={"name": request.id})

    async def CreateProject(self, request: pb.CreateProjectRequest, _caller: object) -> pb.CreateProjectResponse:
        await self._take(request)
        return pb.CreateProjectResponse(project=request.project)

    async def StreamBuild(
        self, request: pb.StreamBuildRequest, _caller: object
    ) -> AsyncIterator[pb.StreamBuildResponse]:
        for progress in (0.25, 0.5):
            yield pb.StreamBuildResponse(build={"id": request.id, "progress": progress})
        await self._take(request)

    async def AppendBuildLogs(
        self, requests: AsyncIterator[pb.AppendBuildLogsRequest], _caller: object
    ) -> AsyncIterator[pb.AppendBuildLogsResponse]:
        async for request in requests:
            yield pb.AppendBuildLogsResponse(last_seq=request.first_entry)

    async def _take(self, request: Any) -> None:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        if getattr(request, "id", "") == WAIT:
            await self._wait()

    async def _wait(self) -> None:
        self.waiting += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1


class Served:
    """Where it is served, and by what."""

    def __init__(self, servicer: Servicer, address: str) -> None:
        self.servicer = servicer
        self.address = address


@asynccontextmanager
async def serving_at(routes: Iterable[Route], origins: Sequence[str] = ()) -> AsyncIterator[str]:
    """Serve routes as long as the block runs; give the address."""
    pytest.importorskip("h2corn")
    from millstream_service.rpc.transports.native import NativeTransport

    transport = NativeTransport(routes, Supervisor(), origins)
    port = transport.add_port("127.0.0.1:0")
    await transport.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await transport.stop(0)


@asynccontextmanager
async def serving(origins: Sequence[str] = ()) -> AsyncIterator[Served]:
    """Serve the service of builds likewise."""
    servicer = Servicer()
    async with serving_at(backend_routes(servicer), origins) as address:
        yield Served(servicer, address)
