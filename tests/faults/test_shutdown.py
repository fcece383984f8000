"""SIGTERM: health says so first, streams end with the reason, what was accepted is answered, and it exits with 0."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from signal import SIGINT, SIGTERM, Signals
from typing import Any, cast

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from grpc_health.v1 import health_pb2, health_pb2_grpc

from millstream import AsyncClient, Build, BuildLogEntry
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1 import backend_service_pb2_grpc as rpc
from millstream.common.v1 import change_service_pb2 as changes_pb
from millstream.common.v1 import change_service_pb2_grpc as changes_rpc
from millstream.common.v1.watch_service_pb2 import WatchQuery, WatchRequest
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub
from millstream.errors import CallCancelledError, MillstreamError, NotConnectedError, ShuttingDownError
from millstream.transport.retry import NO_RETRIES
from millstream.transport.status import error_from_rpc
from tests.deadline import patience, until
from tests.faults.records import SCHEME, assert_whole, fill, new_build, numbered
from tests.faults.service_process import ServiceProcess

DRAIN_SECONDS = 5.0
"""Config.drain_seconds, its default."""
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]


@pytest.fixture
async def channel(service: ServiceProcess) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(service.address) as channel:
        yield channel


async def _end_of(stream: Any) -> MillstreamError | None:
    """Read a stream to its end. Returns its error."""
    try:
        async with asyncio.timeout(patience(20)):
            while await stream.read() is not grpc.aio.EOF:
                pass
    except grpc.aio.AioRpcError as error:
        return error_from_rpc(error)
    return None


def _streams(channel: grpc.aio.Channel, build_id: str) -> list[Any]:
    """Open one of each kind."""
    stub = rpc.BackendServiceStub(channel)
    return [
        stub.StreamBuild(pb.StreamBuildRequest(id=build_id)),
        stub.StreamAllProjectIds(pb.StreamAllProjectIdsRequest()),
        stub.StreamBuildLogIds(pb.StreamBuildLogIdsRequest(build_id=build_id)),
        stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id, follow=True)),
        changes_rpc.ChangeServiceStub(channel).StreamChanges(changes_pb.StreamChangesRequest()),
        WatchServiceStub(channel).Watch(_watching(build_id)),
    ]


def _watching(build_id: str) -> WatchRequest:
    """Return the request of two queries in one stream."""
    queries = []
    for key in (build_id, "none"):
        packed = Packed()
        packed.Pack(pb.StreamBuildRequest(id=key))
        queries.append(WatchQuery(id=key, request=packed))
    return WatchRequest(queries=queries)


@pytest.mark.parametrize("signal", [SIGTERM, SIGINT])
async def test_streams_are_told_that_the_service_is_stopping(
    service: ServiceProcess, client: AsyncClient, channel: grpc.aio.Channel, signal: Signals
) -> None:
    build_id = await new_build(client)
    await fill(client, build_id, 10, 100)
    streams = _streams(channel, build_id)
    for stream in streams:
        await stream.read()
    began = time.monotonic()
    service.process.send_signal(signal)
    errors = await asyncio.gather(*map(_end_of, streams))
    assert [type(error) for error in errors] == [ShuttingDownError] * len(streams)
    assert all(error and error.retry_delay for error in errors)
    assert await asyncio.to_thread(service.wait) == 0
    assert time.monotonic() - began < DRAIN_SECONDS
    assert service.errors == ""


async def test_health_says_so_and_neither_its_watchers_nor_clients_that_read_nothing_keep_it(
    service: ServiceProcess, client: AsyncClient, channel: grpc.aio.Channel
) -> None:
    build_id = await new_build(client)
    await fill(client, build_id, 50, 200_000)
    health = health_pb2_grpc.HealthStub(channel)
    watches: list[Any] = [
        health.Watch(  # type: ignore[attr-defined] # its stub leaves it out
            health_pb2.HealthCheckRequest(service=name)
        )
        for name in ("", "millstream.builds.v1.BackendService", "millstream.common.v1.ChangeService")
    ]
    assert [(await watch.read()).status for watch in watches] == [SERVING] * 3
    async with grpc.aio.insecure_channel(service.address, options=SMALL_WINDOW) as idle:
        unread = [
            rpc.BackendServiceStub(idle).TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id)) for _ in range(3)
        ]
        for call in unread:
            await call.initial_metadata()
        began = time.monotonic()
        service.terminate()
        assert [(await watch.read()).status for watch in watches] == [NOT_SERVING] * 3
        assert await asyncio.to_thread(service.wait) == 0
    assert time.monotonic() - began < DRAIN_SECONDS
    assert service.errors == ""


def _batches(build_id: str, ended: threading.Event) -> Iterator[pb.AppendBuildLogsRequest]:
    """Yield batches of a line each, as fast as they are taken, until the call has ended."""
    for number in itertools.count(1):
        if ended.is_set():
            return
        entries = [BuildLogEntry(content=numbered(number, 1_000))]
        yield pb.AppendBuildLogsRequest(build_id=build_id, writer_id="w", first_entry=number, entries=entries)


def _append_and_terminate(service: ServiceProcess, build_id: str) -> tuple[int, grpc.RpcError]:
    """Append until the service is stopped meanwhile. Returns the last entry acknowledged, and the call's end.

    By the blocking stub: in the asynchronous one a write that fails takes the place of all that is yet to be read.
    """
    acknowledged = 0
    ended = threading.Event()
    with grpc.insecure_channel(service.address) as channel:
        try:
            for response in rpc.BackendServiceStub(channel).AppendBuildLogs(_batches(build_id, ended)):
                acknowledged = response.durable_entry
                if acknowledged == 100:
                    service.terminate()
        except grpc.RpcError as error:
            return acknowledged, error
        finally:
            ended.set()
    raise AssertionError("the call ended well")


async def test_appended_batches_in_flight_are_answered(service: ServiceProcess, client: AsyncClient) -> None:
    build_id = await new_build(client)
    acknowledged, error = await asyncio.to_thread(_append_and_terminate, service, build_id)
    assert isinstance(error_from_rpc(cast("grpc.aio.AioRpcError", error)), ShuttingDownError)
    assert await asyncio.to_thread(service.wait) == 0
    service.start()
    lines = [line async for line in client.builds.tail_build_logs(build_id)]
    assert len(lines) == acknowledged, "all that was stored was answered, and nothing else"
    assert_whole(lines, acknowledged, 1_000)


async def _create(client: AsyncClient, number: int) -> MillstreamError | None:
    try:
        await client.builds.create_build(Build(id=f"build-{number}", scheme_id=SCHEME, version_string="1"))
    except MillstreamError as error:
        return error
    return None


async def test_each_write_is_done_and_answered_or_refused(service: ServiceProcess, client: AsyncClient) -> None:
    first = await new_build(client)
    async with AsyncClient(service.address, retry=NO_RETRIES) as hasty:
        writes = [asyncio.create_task(_create(hasty, number)) for number in range(3_000)]
        await until(lambda: sum(write.done() for write in writes) > 100, "some writes to be done")
        service.terminate()
        errors = await asyncio.gather(*writes)
    assert await asyncio.to_thread(service.wait) == 0
    refused = [error for error in errors if error is not None]
    assert refused, "the load was too small to tell"
    assert {type(error) for error in refused} <= {ShuttingDownError, NotConnectedError, CallCancelledError}
    service.start()
    stored = {build.id async for build in client.builds.list_builds(scheme_ids=[SCHEME])}
    assert stored == {first} | {f"build-{number}" for number, error in enumerate(errors) if error is None}
