"""A stream that its client leaves unread: its other calls, and those of others, go on."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from tests import entities
from tests.deadline import within
from tests.running import running
from tests.stubs import Backend

LINES, LINE_SIZE, CALLS = 6, 1_000_000, 200
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0), ("grpc.use_local_subchannel_pool", 1)]
"""The client takes little of a stream that nobody reads, over a connection of its own."""
ONE_BUDGET = "h2corn 2.0.0 gives all streams of a connection 2 MiB, first come, first served"


@pytest.fixture(params=["grpcio", "native"])
async def address(request: pytest.FixtureRequest, file_url: str) -> AsyncIterator[str]:
    if request.param == "native":
        pytest.importorskip("h2corn")
    async with running(file_url, transport=request.param) as service:
        yield service.address


def connect(address: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(address, options=SMALL_WINDOW)


@pytest.mark.parametrize("by", ["its client", "another"])
async def test_calls_go_on_beside_a_stream_that_nobody_reads(
    address: str, by: str, request: pytest.FixtureRequest
) -> None:
    if "native" in request.node.callspec.id and by == "its client":
        request.applymarker(pytest.mark.xfail(strict=True, raises=TimeoutError, reason=ONE_BUDGET))
    async with connect(address) as reader, connect(address) as other:
        stub: Backend = BackendServiceStub(reader)
        await stub.CreateProject(pb.CreateProjectRequest(project=entities.project(), schemes=[entities.scheme()]))
        await stub.CreateBuild(pb.CreateBuildRequest(build=entities.build("build")))
        for number in range(LINES):
            await entities.append_texts(stub, "x" * LINE_SIZE, first=number + 1)
        tail: Any = stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build"))
        await tail.read()
        caller: Backend = BackendServiceStub(reader if by == "its client" else other)
        try:
            for _ in range(CALLS):  # the stream comes to a stand meanwhile
                await within(caller.GetBuild(pb.GetBuildRequest(id="build")), 5)
        finally:
            tail.cancel()
