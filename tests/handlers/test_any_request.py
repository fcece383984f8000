"""Whatever is asked for: the answer is never that the service is at fault, and a refused call changes nothing."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1 import change_service_pb2
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from tests.entities import DEBUG, add_build, append, crash_log, entry, project
from tests.refusal import Refusal, refusal_of
from tests.stubs import Backend

BACKEND = pb.DESCRIPTOR.services_by_name["BackendService"]
CHANGES = change_service_pb2.DESCRIPTOR.services_by_name["ChangeService"]
MANY = settings.get_current_profile_name() == "thorough"
READS = ("Get", "List", "Stream", "Search", "Tail")
OURS = {
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
    "RESOURCE_EXHAUSTED",
}
"""The codes that a request can be answered with while all is well with the service."""

plausible = st.sampled_from(
    ["app", "debug", "build", "crash", "build/1", "build/2", "other", "stdout", "x", "1.9", "("]
)
texts = st.one_of(plausible, st.text(max_size=20), st.just(""), st.just("é" * 300), st.just("a\nb"))
edges = (0, 1, 2, -1, 50, 1_000, 10**9)
int32s = st.one_of(st.sampled_from([*edges, 2**31 - 1, -(2**31)]), st.integers(-(2**31), 2**31 - 1))
int64s = st.one_of(st.sampled_from([*edges, 2**63 - 1, -(2**63)]), st.integers(-(2**63), 2**63 - 1))
enums = st.one_of(st.integers(0, 6), st.sampled_from([-1, 99, 2**31 - 1, -(2**31)]))
doubles = st.one_of(st.floats(0, 1), st.floats())
paths = st.lists(
    st.sampled_from(["name", "progress", "status", "scheme_id", "id", "created_at", "", "nope"]), max_size=3
)


def of_field(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Return values of one element of a field."""
    scalars: dict[int, st.SearchStrategy[Any]] = {
        FieldDescriptor.TYPE_STRING: texts,
        FieldDescriptor.TYPE_BYTES: st.binary(max_size=100),
        FieldDescriptor.TYPE_BOOL: st.booleans(),
        FieldDescriptor.TYPE_DOUBLE: doubles,
        FieldDescriptor.TYPE_INT32: int32s,
        FieldDescriptor.TYPE_INT64: int64s,
        FieldDescriptor.TYPE_ENUM: enums,
    }
    if field.type != FieldDescriptor.TYPE_MESSAGE:
        return scalars[field.type]
    descriptor: Any = field.message_type
    if descriptor.full_name == "google.protobuf.FieldMask":
        return paths.map(lambda chosen: {"paths": chosen})
    return of_message(descriptor)


def of_message(descriptor: Any) -> st.SearchStrategy[Any]:
    """Return any messages of a type, most fields of each left out at times."""
    fields = {
        field.name: st.lists(of_field(field), max_size=3) if field.is_repeated else of_field(field)
        for field in descriptor.fields
    }
    kind: Any = GetMessageClass(descriptor)
    return st.fixed_dictionaries({}, optional=fields).map(lambda chosen: kind(**chosen))


async def answer_of(stub: Any, method: MethodDescriptor, request: Any) -> Refusal | None:
    """Make a call and see its first answers; return its refusal, None where it is well."""
    call = getattr(stub, method.name)(iter([request]) if method.client_streaming else request)
    try:
        async with asyncio.timeout(20):
            if not method.server_streaming:
                await call
            elif method.name == "StreamChanges" or (method.name == "TailBuildLogs" and request.follow):
                await _first(call)
            else:
                await call.read()
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    finally:
        call.cancel()
    return None


async def _first(call: Any) -> None:
    """Take the first message, or none: such a stream may have nothing to say for as long as it lasts."""
    reading = asyncio.ensure_future(call.read())
    done, _ = await asyncio.wait([reading], timeout=0.02)
    if done:
        reading.result()
    else:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def fill(stub: Backend) -> None:
    await add_build(stub)
    await append(stub, [entry("one"), entry("two", level=DEBUG, category="stdout")])
    await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log()))
    await stub.CreateProject(pb.CreateProjectRequest(project=project("sentinel")))


async def revision(stub: Backend) -> int:
    """Return the newest revision: what an update that changes nothing is answered with."""
    return (await stub.UpdateProject(pb.UpdateProjectRequest(project=project("sentinel")))).revision


@pytest.mark.parametrize("method", [*BACKEND.methods, *CHANGES.methods], ids=lambda method: method.name)
async def test_no_request_finds_a_fault_of_the_service(
    channel: grpc.aio.Channel, stub: Backend, method: MethodDescriptor
) -> None:
    await fill(stub)
    target = ChangeServiceStub(channel) if method in CHANGES.methods else stub
    loop = asyncio.get_running_loop()

    newest = await revision(stub)

    async def check(request: Any) -> None:
        nonlocal newest
        refusal = await answer_of(target, method, request)
        assert refusal is None or (refusal.code in OURS and refusal.reason), refusal
        before, newest = newest, await revision(stub)
        if refusal is not None or method.name.startswith(READS):
            assert newest == before, "what is refused, or only reads, changes nothing"

    @settings(max_examples=500 if MANY else 12)
    @given(of_message(method.input_type))
    def any_request(request: Any) -> None:
        asyncio.run_coroutine_threadsafe(check(request), loop).result(60)

    await asyncio.to_thread(any_request)
