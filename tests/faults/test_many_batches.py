"""Many who send large batches at the same time do not take memory without end, and come through one after the other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream import AsyncClient
from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest
from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from tests.deadline import until, within
from tests.refusal import refusal_of

from .records import new_build
from .service_process import ServiceProcess

MEBIBYTE = 1 << 20
WRITERS = 200
APPEND = "/millstream.builds.v1.BackendService/AppendBuildLogs"
LARGE = AppendBuildLogsRequest(
    first_entry=1, entries=[BuildLogEntry(content="x" * 400) for _ in range(9_900)]
).SerializeToString()
"""Four megabytes."""


@pytest.fixture
async def channel(service: ServiceProcess) -> AsyncIterator[Any]:
    """A channel whose calls take bytes as they are: its stubs say that they take nothing."""
    async with grpc.aio.insecure_channel(service.address) as channel:
        yield channel


async def test_large_batches_of_many_take_a_bounded_memory(service: ServiceProcess, channel: Any) -> None:
    before = most = service.memory
    reasons: list[str] = []
    async with AsyncClient(service.address) as client:
        build = await new_build(client)

    async def send(number: int) -> None:
        names = AppendBuildLogsRequest(build_id=build, writer_id=f"w{number}").SerializeToString()
        call = channel.stream_stream(APPEND)(iter([LARGE + names]))
        try:
            await call.read()
            reasons.append((await call.code()).name)
        except grpc.aio.AioRpcError as error:
            reasons.append(refusal_of(error).reason)

    sending = [asyncio.create_task(send(number)) for number in range(WRITERS)]

    def is_done() -> bool:
        nonlocal most
        most = max(most, service.memory)
        return len(reasons) == WRITERS

    await until(is_done, "all were answered")
    await within(asyncio.gather(*sending))
    assert set(reasons) == {"OK"}
    assert most < before + 700 * MEBIBYTE, "they sent 800, and these are several times as much once they are parsed"
    await until(lambda: service.memory < before + 80 * MEBIBYTE, "the memory is back")
