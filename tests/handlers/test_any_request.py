"""Whatever is asked for: the answer is never that the service is at fault, and a refused call changes nothing."""

import asyncio
from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub
from millstream_service.server import SERVICES, Service
from tests.deadline import patience, within
from tests.fuzz.stock import fill
from tests.fuzz.strings import Place, places
from tests.fuzz.values import EDGE_TEXTS, message
from tests.handlers.store_dump import Opened, opened
from tests.refusal import Refusal, refusal_of
from tests.store import every_agent_call, every_call

__all__ = ["opened"]
MANY = settings.get_current_profile_name() == "thorough"
READS = ("Get", "List", "Stream", "Search", "Tail", "Watch")
OURS = {
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "PERMISSION_DENIED",
    "OUT_OF_RANGE",
    "RESOURCE_EXHAUSTED",
}
"""The codes that a request can be answered with while all is well with the service."""
METHODS = {method.name: method for service in SERVICES for method in service.methods}
_TAILS = {"StreamChanges", "TailBuildLogs", "StreamMcpEvents", "Watch"}
"""Streams that may have nothing to say for as long as they last."""


@pytest.fixture
async def store(opened: Opened, service: Service) -> Opened:
    """The store of the service."""
    assert service
    return opened


class Caller:
    """Makes any call, and knows that a refused one has changed nothing."""

    def __init__(self, channel: grpc.aio.Channel, store: Opened) -> None:
        kinds = (BackendServiceStub, AgentServiceStub, ChangeServiceStub, WatchServiceStub)
        self._stubs: list[Any] = [make(channel) for make in kinds]
        self._store = store
        self._dump: Any = None

    async def prepare(self) -> None:
        """Fill the store."""
        await fill(self._stubs[0], self._stubs[1])
        self._dump = await self._store.dump()

    async def check(self, method: MethodDescriptor, request: Any) -> Refusal | None:
        """Make a call, and check what it has come to."""
        stub = next(stub for stub in self._stubs if hasattr(stub, method.name))
        refusal = await _answer_of(stub, method, request)
        assert refusal is None or (refusal.code in OURS and refusal.reason), (refusal, request)
        before, self._dump = self._dump, await self._store.dump()
        if refusal is None:
            self._dump = await self._store.settled()
        if refusal is not None or method.name.startswith(READS):
            assert self._dump == before, f"what is refused, or only reads, changes nothing: {refusal} {request}"
        return refusal


async def _answer_of(stub: Any, method: MethodDescriptor, request: Any) -> Refusal | None:
    """Make a call and see its first answers; return its refusal, None where it is well."""
    call = getattr(stub, method.name)(iter([request]) if method.client_streaming else request)
    try:
        if not method.server_streaming:
            await within(call)
        elif method.name in _TAILS:
            await _first(call)
        else:
            await within(call.read())
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    finally:
        call.cancel()
    return None


async def _first(call: Any) -> None:
    """Take the first message, or none."""
    reading = asyncio.ensure_future(call.read())
    done, _ = await asyncio.wait([reading], timeout=0.02)
    if done:
        reading.result()
    else:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


@pytest.fixture
async def caller(store: Opened, channel: grpc.aio.Channel) -> Caller:
    caller = Caller(channel, store)
    await caller.prepare()
    return caller


@pytest.mark.slow(1)
@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
async def test_no_request_finds_a_fault_of_the_service_and_a_refused_one_changes_nothing(
    caller: Caller, method: MethodDescriptor
) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=300 if MANY else 12)
    @given(st.integers(0, 2**32 - 1))  # Hypothesis's own Random takes ten times as long
    def any_request(seed: int) -> None:
        request = message(Random(seed), method.input_type)
        asyncio.run_coroutine_threadsafe(caller.check(method, request), loop).result(patience(60))

    await asyncio.to_thread(any_request)


GOOD = [
    call
    for calls in (every_call, every_agent_call)
    for each in (calls.creations, calls.reads, calls.streams, calls.updates, calls.deletions)
    for call in each()
]
PLACES = {(name, place.path): (request, place) for name, request in GOOD for place in places(request)}


@pytest.mark.slow(1)
@pytest.mark.dialects
@pytest.mark.parametrize("name", METHODS)
async def test_each_text_of_a_request_may_be_any_text(caller: Caller, name: str) -> None:
    """Fields, elements of lists, keys and values of maps, bytes: none is too odd for the engine."""
    method = METHODS[name]
    own = [(request, place) for (of, _), (request, place) in PLACES.items() if of == name]
    if not own:
        request = message(Random(0), method.input_type)
        own = [(request, place) for place in places(request)]
    for request, place in own:
        for text in ("\0", "a\0b", *(() if not MANY else EDGE_TEXTS), "\x01", "\ufffe", "\U0010ffff"):
            await caller.check(method, changed(request, place, text))


def changed(request: Any, place: Place, text: str) -> Any:
    """Return a request with a text in some place of it."""
    other = type(request)()
    other.CopyFrom(request)
    place.put(other, text)
    return other
