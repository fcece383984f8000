"""Clients that vanish in mid-stream: all that the service holds for them goes, each time."""

import asyncio
import ctypes
import gc
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from millstream import AsyncClient, Build
from millstream_service.config import Config
from tests.deadline import patience, until
from tests.faults.inside import Inside, embedded
from tests.faults.records import fill, new_build

pytestmark = pytest.mark.slow(12)

CLIENTS = 200
STREAMS = 3
"""Of each client: a watch, a tail that waits, and a log that is being written."""
MORE = 20
"""So many of them have two more: the changes, and a tail whose messages nobody takes."""

_CLIENTS = """
import asyncio, sys
from millstream import AsyncClient
from millstream.builds.v1 import backend_service_pb2 as pb

async def use(address, live):
    client = AsyncClient(address)
    builds = client.builds
    watch, tail, log = builds.watch_build(live), builds.tail_build_logs(live, follow=True), builds.log_writer(live)
    await log.write("a line")
    await asyncio.gather(anext(watch), anext(tail), log.flush())
    return client, watch, tail, log

async def main():
    address, count, live, more, long = sys.argv[1:]
    kept = await asyncio.gather(*(use(address, live) for _ in range(int(count))))
    for client, *_ in kept[: int(more)]:
        unread = client.builds._backend.TailBuildLogs(pb.TailBuildLogsRequest(build_id=long))
        changes = client.changes.stream_changes()
        await asyncio.gather(unread.initial_metadata(), anext(changes))
        kept.append((unread, changes))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with embedded(Config(listen="127.0.0.1:0", database=f"sqlite:///{tmp_path}/db")) as inside:
        yield inside


@asynccontextmanager
async def _clients(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run many clients in a process, which is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CLIENTS, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(patience(60)):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        await process.wait()


def _memory() -> int:
    """Return the bytes that this process holds, but for what is free: a service gives that back by itself."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return int(psutil.Process().memory_info().rss)


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


async def test_two_hundred_clients_that_are_killed_leave_nothing(
    inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncClient(inside.address) as client:
        live, long = await new_build(client), await new_build(client)
        before = inside.tasks()
        await fill(client, long, 300, 100_000)
        await until(lambda: inside.calls.streams == 0, "the log's writer to be gone")
        await until(lambda: inside.tasks() <= before, "gRPC to be done with it")
        caplog.clear()  # gRPC may say that this writer left before it had the end
        tasks, listeners, objects, memory = inside.tasks(), inside.listeners, [], []
        for _ in range(3):
            async with _clients(inside.address, str(CLIENTS), live, str(MORE), long):
                assert inside.calls.streams == CLIENTS * STREAMS + 2 * MORE
                assert len(inside.observatory) == 1, "equal watches share an observation"
            await until(lambda: inside.calls.streams == 0, "the streams to end")
            await until(lambda: len(inside.observatory) == 0, "the observation to be dropped")
            await until(lambda: inside.tasks() <= tasks, "the last task to end")
            assert inside.listeners == listeners, "the service's own alone"
            objects.append(_objects())
            memory.append(_memory())
            await client.builds.update_build(Build(id=live, progress=len(memory) / 10), ["progress"])
    assert objects[-1] - objects[-2] < 5 * CLIENTS, objects
    assert memory[-1] - memory[0] < 100 << 20, memory
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
