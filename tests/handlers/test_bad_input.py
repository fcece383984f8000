"""What is wrong with a request whatever it asks for: bytes that are no text, and messages that are too large."""

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1 import change_service_pb2, watch_service_pb2
from millstream.common.v1.position_pb2 import StreamOptions
from tests.entities import add_build, append_texts, crash_log, revision
from tests.refusal import Refusal, outcome, refusal_of, refused
from tests.stubs import Backend

SERVICES = (
    pb.DESCRIPTOR.services_by_name["BackendService"],
    change_service_pb2.DESCRIPTOR.services_by_name["ChangeService"],
    watch_service_pb2.DESCRIPTOR.services_by_name["WatchService"],
)
METHODS = [method for service in SERVICES for method in service.methods]
STREAMS = [method for method in METHODS if "options" in method.input_type.fields_by_name]
NOT_UTF_8 = b"\xff\xfe"


def raw_call(channel: Any, method: MethodDescriptor, request: bytes) -> Any:
    """Send bytes as they are."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.client_streaming:
        return channel.stream_stream(path)(iter([request]))
    if method.server_streaming:
        return channel.unary_stream(path)(request)
    return channel.unary_unary(path)(request)


def with_text(method: MethodDescriptor, text: bytes) -> bytes:
    """Return a request whose first text, wherever it is, has these bytes."""

    def delimited(field: FieldDescriptor, data: bytes) -> bytes:
        return bytes([field.number << 3 | 2, len(data)]) + data

    def first(message: Any) -> bytes:
        for field in message.fields:
            if field.type == FieldDescriptor.TYPE_STRING:
                return delimited(field, text)
        for field in message.fields:
            if field.type == FieldDescriptor.TYPE_MESSAGE and (inner := first(field.message_type)):
                return delimited(field, inner)
        return b""

    return first(method.input_type)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_text_that_is_not_utf_8_is_refused(
    channel: grpc.aio.Channel, stub: Backend, method: MethodDescriptor
) -> None:
    request = with_text(method, NOT_UTF_8) or b"\x0a\x02\x0a\xff"
    before = await revision(stub)
    refusal = await refused(raw_call(channel, method, request))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert (refusal.metadata, refusal.fields) == ({"field": "request"}, ("request",))
    assert await revision(stub) == before


@pytest.mark.parametrize("damaged", [b"\xff", b"\x0a\x05a", b"\x0b", b"\x0a" + b"\xff" * 9 + b"\x01"])
async def test_bytes_that_are_no_message_are_refused(channel: grpc.aio.Channel, damaged: bytes) -> None:
    for name in ("GetBuild", "StreamBuild", "AppendBuildLogs"):
        method = SERVICES[0].methods_by_name[name]
        assert (await refused(raw_call(channel, method, damaged))).reason == "VALIDATION_FAILED"


async def test_fields_that_we_do_not_know_are_ignored(channel: grpc.aio.Channel, stub: Backend) -> None:
    """As a newer client would send them."""
    await add_build(stub)
    request = pb.GetBuildRequest(id="build").SerializeToString() + bytes([15 << 3 | 2, 3]) + b"new"
    answer = await raw_call(channel, SERVICES[0].methods_by_name["GetBuild"], request)
    assert pb.GetBuildResponse.FromString(answer).build.id == "build"


async def test_what_is_far_too_large_is_refused_by_the_transport(stub: Backend) -> None:
    refusal = await refused(stub.GetBuild(pb.GetBuildRequest(id="x" * (9 << 20))))
    assert refusal.code == "RESOURCE_EXHAUSTED"
    assert await revision(stub) == 0


async def test_an_id_of_megabytes_makes_the_request_too_large(stub: Backend) -> None:
    request = pb.GetBuildRequest(id="x" * (5 << 20))
    refusal = await refused(stub.GetBuild(request))
    assert (refusal.reason, refusal.fields) == ("MESSAGE_TOO_LARGE", ("request",))
    assert refusal.metadata == {"field": "request", "limit": str(64 << 10), "size": str(request.ByteSize())}
    assert len(refusal.message) < 200, "it is not sent back"


async def test_a_text_with_a_nul_is_refused_whatever_the_engine(stub: Backend) -> None:
    await add_build(stub)
    crash = pb.CreateCrashLogRequest(crash_log=crash_log(content="a\0b"))
    assert (await refused(stub.CreateCrashLog(crash))).fields == ("crash_log.content",)
    versions = pb.ListBuildsRequest(version_string="1\0")
    assert (await refused(stub.ListBuilds(versions))).fields == ("version_string",)
    watched = stub.StreamBuildIds(pb.StreamBuildIdsRequest(scheme_ids=["debug"], version_string="1\0"))
    assert (await refused(watched.read())).fields == ("version_string",)


def a_request(method: MethodDescriptor, **options: Any) -> Any:
    """Return a request that is fine but for its options."""
    request = getattr(pb, method.input_type.name)(options=StreamOptions(**options))
    for name in ("id", "project_id", "build_id"):
        if name in method.input_type.fields_by_name:
            setattr(request, name, "build/1" if method.name == "StreamBuildLog" else "build")
    return request


async def first_of(call: Any) -> Any:
    """Return the first message of a stream, or its refusal."""
    try:
        message = await outcome(call.read())
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    call.cancel()
    return message


@pytest.mark.parametrize("method", STREAMS, ids=lambda method: method.name)
async def test_a_resume_token_is_of_its_request_alone(stub: Backend, method: MethodDescriptor) -> None:
    await add_build(stub)
    await append_texts(stub, "line")
    call = getattr(stub, method.name)
    mine = (await first_of(call(a_request(method)))).position.resume_token
    other = STREAMS[STREAMS.index(method) - 1]
    foreign = (await first_of(getattr(stub, other.name)(a_request(other)))).position.resume_token
    flipped = bytes([*mine[:-1], mine[-1] ^ 1])
    for forged in (b"x", mine[:-1], mine + b"x", flipped, foreign, b"\0" * 50_000):
        refusal = await first_of(call(a_request(method, resume_token=forged)))
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_RESUME_TOKEN")
        assert (refusal.metadata, refusal.fields) == ({"field": "options.resume_token"}, ("options.resume_token",))
    assert (await first_of(call(a_request(method, resume_token=mine)))).position.unchanged


@pytest.mark.parametrize(
    "interval",
    [{"seconds": -1}, {"nanos": -1}, {"seconds": 3_601}, {"seconds": 3_600, "nanos": 1}, {"seconds": 2**62}],
)
async def test_an_interval_is_at_most_an_hour(stub: Backend, interval: dict[str, int]) -> None:
    for method in STREAMS:
        refusal = await first_of(getattr(stub, method.name)(a_request(method, min_interval=interval)))
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("options.min_interval",))


@pytest.mark.parametrize("method", STREAMS, ids=lambda method: method.name)
async def test_a_stream_of_what_must_be_named_names_what_is_missing(stub: Backend, method: MethodDescriptor) -> None:
    names = {"id", "project_id", "build_id"} & set(method.input_type.fields_by_name)
    for name in names:
        for bad in ("", "a\nb", "x" * 301):
            request = a_request(method)
            setattr(request, name, bad)
            refusal = await first_of(getattr(stub, method.name)(request))
            assert isinstance(refusal, Refusal)
            assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (name,))
    if not names:
        assert not isinstance(await first_of(getattr(stub, method.name)(a_request(method))), Refusal)
