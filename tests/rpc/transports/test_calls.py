"""A call goes the same in every protocol."""

import asyncio
import time
import tracemalloc
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.deadline import patience, until, within
from tests.rpc.test_error_size import kinds, made
from tests.rpc.transports.http1 import connected
from tests.rpc.transports.protocols import OVER_HTTP1, PROTOCOLS, Protocol, framed
from tests.rpc.transports.served import APPEND, CREATE, GET, MAX_BYTES, STREAM, WAIT, Served, path_of

MEBIBYTE = 1 << 20
MAX_ERROR_BYTES = 4 << 10
SOON = 0.1
"""How fast a cancelled call is over, on a quiet machine."""
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=repr)
over_http1 = pytest.mark.parametrize("protocol", OVER_HTTP1, ids=repr)


def _asking(method: MethodDescriptor, project_id: str = "ä") -> Any:
    if method is GET:
        return pb.GetProjectRequest(id=project_id)
    return pb.StreamBuildRequest(id=project_id)


@every_protocol
async def test_a_unary_call(served: Served, protocol: Protocol) -> None:
    outcome = await protocol.call(served.address, GET, _asking(GET))
    assert outcome.code == "OK"
    assert outcome.messages == [pb.GetProjectResponse(project={"name": "ä"})]


@every_protocol
async def test_a_stream(served: Served, protocol: Protocol) -> None:
    outcome = await protocol.call(served.address, STREAM, _asking(STREAM))
    assert outcome.code == "OK"
    assert [message.build.progress for message in outcome.messages] == [0.25, 0.5]


async def test_a_stream_both_ways(served: Served) -> None:
    async with grpc.aio.insecure_channel(served.address) as channel:
        raw: Any = channel.stream_stream
        call = raw(path_of(APPEND))()
        for number in (3, 4):
            await within(call.write(pb.AppendBuildLogsRequest(first_entry=number).SerializeToString()))
            assert pb.AppendBuildLogsResponse.FromString(await within(call.read())).last_seq == number
        await call.done_writing()
        assert await within(call.read()) is grpc.aio.EOF


@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
@every_protocol
async def test_each_error_has_its_details_in_less_than_4_kib(
    served: Served, protocol: Protocol, method: MethodDescriptor
) -> None:
    for kind in kinds():
        error = made(kind, "é%" * 5_000)
        if not hasattr(error, "reason"):
            continue  # no client ever sees it
        served.servicer.error = error
        outcome = await protocol.call(served.address, method, _asking(method))
        assert outcome.code == kind.code, kind
        assert outcome.details[0][0] == "google.rpc.ErrorInfo"
        assert error.reason.encode() in outcome.details[0][1], kind
        assert outcome.message
        if not protocol.name.startswith("connect"):
            assert outcome.end < MAX_ERROR_BYTES, kind
        if method is STREAM:
            assert len(outcome.messages) == 2


@every_protocol
async def test_what_goes_wrong_in_a_handler_is_an_error_without_a_word_of_it(
    served: Served, protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    served.servicer.error = RuntimeError("secret")
    outcome = await protocol.call(served.address, GET, _asking(GET))
    assert (outcome.code, outcome.message) == ("INTERNAL", "the call failed")
    assert "secret" in caplog.text


@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
@every_protocol
async def test_a_request_may_be_compressed(served: Served, protocol: Protocol, method: MethodDescriptor) -> None:
    outcome = await protocol.call(served.address, method, _asking(method, "x" * 1_000), zipped=True)
    assert outcome.code == "OK"
    assert served.servicer.asked == [_asking(method, "x" * 1_000)]


@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
@every_protocol
async def test_a_bomb_of_gzip_is_refused_without_its_memory(
    served: Served, protocol: Protocol, method: MethodDescriptor
) -> None:
    bomb = bytes(8 * MEBIBYTE)
    await protocol.call(served.address, method, _asking(method), zipped=True)
    _, _, body = OVER_HTTP1[2].request(method, bomb, zipped=True)
    assert len(body) < MAX_BYTES, "it is refused for what is in it"
    tracemalloc.start()
    try:
        outcome = await protocol.call(served.address, method, bomb, zipped=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome.code == "RESOURCE_EXHAUSTED"
    assert peak < MEBIBYTE
    assert len(served.servicer.asked) == 1


@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
@every_protocol
async def test_a_request_that_is_too_large_is_refused(
    served: Served, protocol: Protocol, method: MethodDescriptor
) -> None:
    outcome = await protocol.call(served.address, method, bytes(MAX_BYTES + 1))
    assert outcome.code == "RESOURCE_EXHAUSTED"
    assert b"MESSAGE_TOO_LARGE" in outcome.details[0][1]
    assert served.servicer.asked == []


@over_http1
async def test_a_request_that_is_too_large_is_refused_before_it_has_come(served: Served, protocol: Protocol) -> None:
    path, headers, body = protocol.request(GET, bytes(4 * MEBIBYTE))
    async with connected(served.address) as connection:
        await connection.send("POST", path, headers | {"content-length": str(len(body))}, body[:1_000])
        outcome = protocol.outcome(GET, await connection.response())
    assert outcome.code == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
@every_protocol
async def test_a_deadline_ends_a_call(served: Served, protocol: Protocol, method: MethodDescriptor) -> None:
    started = time.monotonic()
    outcome = await protocol.call(served.address, method, _asking(method, WAIT), seconds=0.2)
    assert outcome.code == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started >= 0.2
    await until(lambda: served.servicer.cancelled == 1, "the handler was cancelled")


@over_http1
@pytest.mark.parametrize("value", ["", "-1", "x", "1e3", "123456789012345", "5 S"])
async def test_a_deadline_that_is_none_is_refused(served: Served, protocol: Protocol, value: str) -> None:
    name = "connect-timeout-ms" if protocol.name.startswith("connect") else "grpc-timeout"
    path, headers, body = protocol.request(GET, _asking(GET))
    async with connected(served.address) as connection:
        await connection.send("POST", path, headers | {name: value or " "}, body)
        outcome = protocol.outcome(GET, await connection.response())
    assert outcome.code == "INVALID_ARGUMENT"
    assert name in outcome.message


@pytest.mark.xfail(strict=True, reason="h2corn 2.0.0 does not see a client of HTTP/1.1 go until it writes to it")
@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
async def test_a_client_that_goes_cancels_its_call(served: Served, method: MethodDescriptor) -> None:
    path, headers, body = OVER_HTTP1[0].request(method, _asking(method, WAIT))
    async with connected(served.address) as connection:
        await connection.send("POST", path, headers, body)
        await until(lambda: served.servicer.waiting, "the handler waits")
    await until(lambda: served.servicer.cancelled, "the handler was cancelled", SOON)


@pytest.mark.parametrize("method", [GET, STREAM], ids=["unary", "stream"])
async def test_a_call_that_its_client_cancels_is_cancelled(served: Served, method: MethodDescriptor) -> None:
    async with grpc.aio.insecure_channel(served.address) as channel:
        rpc: Any = channel.unary_stream if method is STREAM else channel.unary_unary
        call = rpc(path_of(method))(_asking(method, WAIT).SerializeToString())
        reading = asyncio.ensure_future(call.read() if method is STREAM else call)
        await until(lambda: served.servicer.waiting, "the handler waits")
        call.cancel()
        await until(lambda: served.servicer.cancelled, "the handler was cancelled", SOON)
        await asyncio.wait([reading], timeout=patience(10))


async def test_messages_come_in_whatever_parts(served: Served) -> None:
    body = framed(_asking(STREAM).SerializeToString())
    head = {"content-type": "application/grpc-web+proto", "content-length": str(len(body))}
    async with connected(served.address) as connection:
        await connection.send("POST", path_of(STREAM), head)
        for byte in body:
            connection._writer.write(bytes([byte]))
            await connection._writer.drain()
            await asyncio.sleep(0)
        assert OVER_HTTP1[2].outcome(STREAM, await connection.response()).code == "OK"


async def test_writes_go_in_every_protocol(served: Served) -> None:
    request = pb.CreateProjectRequest(project={"name": "Ü"})
    for protocol in PROTOCOLS:
        assert (await protocol.call(served.address, CREATE, request)).messages[0].project.name == "Ü"
