"""1,000,000 lines in one build: nothing is slow out of proportion, and the service's memory does not follow the log."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import pytest

from millstream import AsyncClient, Build
from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsRequest
from millstream.common.v1.position_pb2 import StreamOptions
from tests.deadline import first, patience
from tests.faults.records import at, new_build
from tests.faults.service_process import ServiceProcess

LINES = 1_000_000
MEBIBYTE = 1 << 20


def _line(number: int) -> str:
    return f"[{number}/1000000] Compiling source-{number % 977}.c into objects/source-{number % 977}.o with -O2 -Wall"


async def _append(client: AsyncClient, build_id: str) -> None:
    async with client.builds.log_writer(build_id) as log:
        await log.write_many(_line(number) for number in range(1, LINES + 1))


async def _tail(client: AsyncClient, build_id: str) -> None:
    expected = 1
    async for lines in client.builds.tail_build_log_batches(build_id):
        assert [line.seq for line in lines] == list(range(expected, expected + len(lines)))
        assert lines[0].content == _line(expected)
        expected += len(lines)
    assert expected == LINES + 1


async def _watch_ids(client: AsyncClient, build_id: str) -> None:
    """Watch the ids with `append`: the whole list comes in parts, once; then only what is new."""
    options = StreamOptions(append=True)
    request = StreamBuildLogIdsRequest(build_id=build_id, options=options)
    stream: Any = client.builds._backend.StreamBuildLogIds(request)
    count = 0
    while count < LINES:
        message = await stream.read()
        assert message.build_log_ids[0] == f"{build_id}/{count + 1}"
        count += len(message.build_log_ids)
    assert count == LINES
    async with client.builds.log_writer(build_id) as log:
        await log.write("one more")
    news = await stream.read()
    while not news.build_log_ids:  # a full last part is followed by an empty one
        news = await stream.read()
    assert (list(news.build_log_ids), news.position.append) == ([f"{build_id}/{LINES + 1}"], True)
    stream.cancel()


async def _read_the_end(client: AsyncClient, build_id: str) -> None:
    assert [line.content async for line in client.builds.tail_build_logs(build_id, after_seq=LINES - 1)] == [
        _line(LINES)
    ]
    assert (await client.builds.get_build_log(f"{build_id}/{LINES // 2}")).content == _line(LINES // 2)


async def _others_are_served(client: AsyncClient, build_id: str, done: asyncio.Event) -> float:
    """Update another build and watch it, again and again. Returns the longest that an update took to arrive."""
    longest = 0.0
    async with aclosing(client.builds.watch_build(build_id)) as watch:
        step = 0
        while not done.is_set():
            step += 1
            began = time.monotonic()
            await client.builds.update_build(Build(id=build_id, progress=step / 100_000), ["progress"])
            await first(watch, at(step / 100_000), "an update")
            longest = max(longest, time.monotonic() - began)
    return longest


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_million_lines(service: ServiceProcess, client: AsyncClient) -> None:
    build_id, other = await new_build(client), await new_build(client)
    done = asyncio.Event()
    async with AsyncClient(service.address) as bystander:
        watching = asyncio.create_task(_others_are_served(bystander, other, done))
        async with asyncio.timeout(patience(90)):
            for step in (_append, _tail, _read_the_end, _watch_ids):
                await step(client, build_id)
                assert service.memory < 450 * MEBIBYTE, step.__name__
        done.set()
        assert await watching < 10
    service.stop()
    assert service.errors == ""
