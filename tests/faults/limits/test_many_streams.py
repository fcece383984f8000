"""Streams by the thousand, all at once."""

import asyncio
from typing import Any

import grpc
import pytest

from millstream import AsyncClient, Build
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1 import backend_service_pb2_grpc as rpc
from millstream.errors import ShuttingDownError, TooManyStreamsError
from millstream.transport.status import error_from_rpc
from tests.deadline import first, patience
from tests.faults.conftest import MakeService
from tests.faults.records import at, new_build
from tests.faults.service_process import ServiceProcess

pytestmark = pytest.mark.slow(10)

STREAMS = 2_000
CHANNELS = 10
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


async def _read(stream: Any) -> Any:
    async with asyncio.timeout(patience(60)):
        return await stream.read()


async def _error_of(stream: Any) -> Exception:
    try:
        message = await _read(stream)
    except grpc.aio.AioRpcError as error:
        return error_from_rpc(error)
    raise AssertionError(f"it did not end but brought {message}")


async def test_a_burst_of_streams_is_served_and_each_is_told_when_the_service_stops(
    service: ServiceProcess, client: AsyncClient
) -> None:
    build_id = await new_build(client)
    channels = [grpc.aio.insecure_channel(service.address, options=OWN_CONNECTION) for _ in range(CHANNELS)]
    stubs = [rpc.BackendServiceStub(channel) for channel in channels]
    request = pb.StreamBuildRequest(id=build_id)
    streams = [stubs[number % CHANNELS].StreamBuild(request) for number in range(STREAMS)]
    messages = await asyncio.gather(*map(_read, streams))
    assert {message.build.id for message in messages} == {build_id}
    await client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"])
    messages = await asyncio.gather(*map(_read, streams))
    assert {message.build.progress for message in messages} == {0.5}
    service.terminate()
    errors = await asyncio.gather(*map(_error_of, streams))
    assert {type(error) for error in errors} == {ShuttingDownError}
    assert await asyncio.to_thread(service.wait) == 0
    assert service.errors == ""
    await asyncio.gather(*(channel.close() for channel in channels))


async def test_one_client_leaves_room_for_others(make_service: MakeService) -> None:
    service = make_service()
    service.settings = {"max_streams_of_one": 2}
    service.start()
    async with AsyncClient(service.address) as client:
        request = pb.StreamBuildRequest(id=await new_build(client))
        own = [grpc.aio.insecure_channel(service.address, options=OWN_CONNECTION) for _ in range(2)]
        stubs = [rpc.BackendServiceStub(channel) for channel in own]
        streams = [stub.StreamBuild(request) for stub in stubs for _ in range(2)]
        await asyncio.gather(*map(_read, streams))
        for stub in stubs:
            error = await _error_of(stub.StreamBuild(request))
            assert isinstance(error, TooManyStreamsError)
            assert error.metadata == {"limit": "2"}
        await asyncio.gather(*(channel.close() for channel in own))


async def test_a_stream_too_many_is_told_when_to_come_back(make_service: MakeService) -> None:
    service = make_service()
    service.settings = {"max_streams": 20}
    service.start()
    async with grpc.aio.insecure_channel(service.address) as channel, AsyncClient(service.address) as client:
        build_id = await new_build(client)
        stub = rpc.BackendServiceStub(channel)
        request = pb.StreamBuildRequest(id=build_id)
        streams = [stub.StreamBuild(request) for _ in range(20)]
        await asyncio.gather(*map(_read, streams))
        errors = await asyncio.gather(*(_error_of(stub.StreamBuild(request)) for _ in range(3)))
        for error in errors:
            assert isinstance(error, TooManyStreamsError)
            assert error.retry_delay
            assert error.metadata == {"limit": "20"}
        await client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"])
        messages = await asyncio.gather(*map(_read, streams))
        assert {message.build.progress for message in messages} == {0.5}
        streams[0].cancel()
        await first(client.builds.watch_build(build_id), at(0.5), "a stream in the place of one that ended")
