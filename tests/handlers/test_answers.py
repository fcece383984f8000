"""A write whose answer can't be made is not stored, whichever RPC it came by."""

import sys
from itertools import chain
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream_service.server import SERVICES, Service
from tests.deadline import within
from tests.handlers.store_dump import Opened, opened
from tests.refusal import refusal_of
from tests.store import every_agent_call, every_call
from tests.store.every_call import Call

__all__ = ["opened"]
READS = ("Get", "List", "Stream", "Search", "Tail", "Watch")
WRITES = {
    method.name: method for service in SERVICES for method in service.methods if not method.name.startswith(READS)
}


@pytest.fixture
async def store(opened: Opened, service: Service) -> Opened:
    assert service
    return opened


def calls() -> list[Call]:
    """Calls of every RPC that writes, in an order that works."""
    both = (every_call, every_agent_call)
    return list(chain.from_iterable(kind() for of in both for kind in (of.creations, of.updates, of.deletions)))


def break_answer(patch: pytest.MonkeyPatch, method: MethodDescriptor) -> None:
    """Have the service fail to make an answer of this RPC."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("it was made to fail")

    response = GetMessageClass(method.output_type)
    for name, module in list(sys.modules.items()):
        if name.startswith("millstream"):
            for attribute in [key for key, value in vars(module).items() if value is response]:
                patch.setattr(module, attribute, fail)


async def refused(stubs: list[Any], method: MethodDescriptor, request: Any) -> str:
    """Make a call; return the code that it ends with."""
    stub = next(stub for stub in stubs if hasattr(stub, method.name))
    call = getattr(stub, method.name)(iter([request]) if method.client_streaming else request)
    try:
        await within(call.read() if method.server_streaming else call)
        code = await within(call.code())
    except grpc.aio.AioRpcError as error:
        return refusal_of(error).code
    finally:
        call.cancel()
    return str(code.name)


async def test_a_write_whose_answer_cannot_be_made_is_not_stored(store: Opened, channel: grpc.aio.Channel) -> None:
    stubs: list[Any] = [BackendServiceStub(channel), AgentServiceStub(channel)]
    tried = set()
    before = await store.settled()
    for name, request in calls():
        with pytest.MonkeyPatch.context() as patch:
            break_answer(patch, WRITES[name])
            assert await refused(stubs, WRITES[name], request) == "INTERNAL", name
        assert await store.settled() == before, name
        assert await refused(stubs, WRITES[name], request) == "OK", name
        before = await store.settled()
        tried.add(name)
    assert tried == WRITES.keys()
