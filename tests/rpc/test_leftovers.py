"""A call that has ended leaves nothing that only the garbage collector would find: it seldom looks (see `__main__`)."""

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream_service.background import Supervisor
from millstream_service.errors import NotFoundError
from millstream_service.rpc.health import Health
from millstream_service.rpc.reflection import reflection_routes
from millstream_service.rpc.routes import foreign_routes_of
from tests.deadline import until
from tests.refusal import refused
from tests.rpc.serving import backend_routes, serving
from tests.stubs import Backend


class Witness:
    """What a handler had in its hands."""


class Servicer:
    """Each RPC takes a witness and then does what `end` says."""

    def __init__(self) -> None:
        self.end = "refuse"
        self.seen: list[weakref.ref[Any]] = []

    def _take(self) -> Witness:
        witness = Witness()
        self.seen.append(weakref.ref(witness))
        return witness

    async def _finish(self, witness: Witness) -> None:
        if self.end == "wait":
            await asyncio.Event().wait()
        if self.end == "fail":
            raise RuntimeError("a fault")
        try:
            raise KeyError(witness)
        except KeyError as error:
            refusal = NotFoundError("build", "b")
            raise refusal from error  # a frame that has the error that it is in the traceback of

    def __getattr__(self, _rpc: str) -> Any:
        return self._unary

    async def _unary(self, _request: object, _caller: object) -> None:
        witness = self._take()
        await self._finish(witness)

    async def StreamBuild(self, _request: object, _caller: object) -> AsyncIterator[bytes]:
        witness = self._take()
        yield b""
        await self._finish(witness)

    async def AppendBuildLogs(self, requests: Any, _caller: object) -> AsyncIterator[bytes]:
        async for _request in requests:
            witness = self._take()
            yield b""
            await self._finish(witness)


@pytest.fixture
async def servicer() -> Servicer:
    return Servicer()


@pytest.fixture
async def stub(servicer: Servicer) -> AsyncIterator[Backend]:
    async with serving(backend_routes(servicer)) as channel:
        yield BackendServiceStub(channel)


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Nobody collects cycles, and nobody keeps the errors that are logged: pytest would."""
    logging.disable(logging.CRITICAL)
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    logging.disable(logging.NOTSET)


def call(stub: Backend, rpc: str) -> Any:
    if rpc == "AppendBuildLogs":
        return stub.AppendBuildLogs(iter([pb.AppendBuildLogsRequest(build_id="b")]))
    return getattr(stub, rpc)(getattr(pb, f"{rpc}Request")(id="b"))


@pytest.mark.parametrize("rpc", ["GetBuild", "StreamBuild", "AppendBuildLogs"])
@pytest.mark.parametrize("end", ["refuse", "fail"])
async def test_an_error_takes_what_its_frames_had_with_it(
    stub: Backend, servicer: Servicer, rpc: str, end: str
) -> None:
    servicer.end = end
    assert (await refused(call(stub, rpc))).code in {"NOT_FOUND", "INTERNAL"}
    assert servicer.seen
    await until(lambda: not any(seen() for seen in servicer.seen), "all of it is gone")


@pytest.mark.parametrize("rpc", ["GetBuild", "StreamBuild", "AppendBuildLogs"])
async def test_a_call_that_its_client_ends_does_too(stub: Backend, servicer: Servicer, rpc: str) -> None:
    servicer.end = "wait"
    waiting = call(stub, rpc)
    await until(lambda: bool(servicer.seen), "the call has begun")
    waiting.cancel()
    await until(lambda: not any(seen() for seen in servicer.seen), "all of it is gone")


HEALTH: Any = health_pb2.DESCRIPTOR.services_by_name["Health"]


@pytest.fixture
async def foreign() -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server of the services that are not ours."""
    async with serving(
        [*foreign_routes_of(HEALTH, Health([], Supervisor())), *reflection_routes((HEALTH,))]
    ) as channel:
        yield channel


DAMAGED = b"\x0a\x01\xff"
UNKNOWN = health_pb2.HealthCheckRequest(service="x" * 20_000).SerializeToString()
REFUSED = [
    ("grpc.health.v1.Health/Check", DAMAGED),
    ("grpc.health.v1.Health/Check", UNKNOWN),
    ("grpc.health.v1.Health/Watch", DAMAGED),
    ("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", DAMAGED),
]


@pytest.mark.parametrize(("rpc", "request_"), REFUSED)
async def test_what_is_not_ours_leaves_nothing_either(foreign: grpc.aio.Channel, rpc: str, request_: bytes) -> None:
    made: Any = foreign.unary_unary if rpc.endswith("Check") else foreign.unary_stream
    for _ in range(3):
        refusal = await refused(made(f"/{rpc}")(request_))
        assert refusal.code in {"INVALID_ARGUMENT", "NOT_FOUND"}
        assert len(refusal.message) < 4_000
    assert not any(isinstance(one, grpc.aio.AbortError) for one in _found_by_the_collector())


def _found_by_the_collector() -> list[object]:
    """Return what only the collector finds: it is let go of then."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return list(gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
