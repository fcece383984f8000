"""A client that takes nothing: it is ended after a time, costs little memory until then, and slows nobody."""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import TypeAlias

import grpc
import pytest

from millstream import AsyncClient, Build, CrashLog
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1 import backend_service_pb2_grpc as rpc
from millstream.errors import SlowReaderError
from millstream.transport.status import error_from_rpc
from millstream_service.config import Config
from millstream_service.rpc.transports import grpcio, http_call
from tests.deadline import first, patience, until
from tests.faults.conftest import MakeService
from tests.faults.inside import Inside, embedded
from tests.faults.records import assert_whole, fill, new_build, numbered

LINES, LINE_SIZE = 50, 400_000
SLOW_SECONDS = 0.5
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
"""Not even the first message goes through: the window for a stream does not grow."""
MEBIBYTE = 1 << 20
TailCall: TypeAlias = "grpc.aio.UnaryStreamCall[pb.TailBuildLogsRequest, pb.TailBuildLogsResponse]"


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    monkeypatch.setattr(grpcio, "_ABORT_SECONDS", 0.5)
    monkeypatch.setattr(http_call, "_STATUS_SECONDS", 0.5)
    database = f"sqlite:///{tmp_path / 'db'}"
    with embedded(Config(listen="127.0.0.1:0", database=database, slow_reader_seconds=SLOW_SECONDS)) as inside:
        yield inside


@pytest.fixture
async def build_id(inside: Inside) -> AsyncIterator[str]:
    """A build with a log that is far larger than what is under way in a stream."""
    async with AsyncClient(inside.address) as client:
        build_id = await new_build(client)
        await fill(client, build_id, LINES, LINE_SIZE)
        yield build_id


async def _end_of(call: TailCall, messages: list[pb.TailBuildLogsResponse]) -> grpc.aio.AioRpcError:
    """Add what comes to `messages` until the stream fails. Returns how."""
    try:
        async with asyncio.timeout(patience(20)):
            async for message in call:
                messages.append(message)  # noqa: PERF401 - what came before an error counts
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError("the stream ended well")


async def _read_to_the_end(call: TailCall) -> list[pb.TailBuildLogsResponse]:
    """Return what came before the stream was ended for being slow."""
    messages: list[pb.TailBuildLogsResponse] = []
    error = error_from_rpc(await _end_of(call, messages))
    assert isinstance(error, SlowReaderError)
    assert error.retry_delay is not None
    return messages


@pytest.mark.parametrize("options", [[], SMALL_WINDOW], ids=["some messages taken", "not even the first taken"])
async def test_a_stream_whose_client_reads_nothing_ends_and_leaves_nothing(
    inside: Inside, build_id: str, options: list[tuple[str, int]]
) -> None:
    before = inside.tasks()
    async with grpc.aio.insecure_channel(inside.address, options=options) as channel:
        stub = rpc.BackendServiceStub(channel)
        calls = [stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id, follow=True)) for _ in range(3)]
        await until(lambda: inside.calls.streams == 3, "the streams to open")
        await until(lambda: inside.calls.streams == 0, "the streams to be ended")
        lines = [line for message in await _read_to_the_end(calls[0]) for line in message.build_logs]
        assert_whole(lines, len(lines), LINE_SIZE)
        assert len(lines) < LINES
    await until(lambda: inside.tasks() <= before, "the last task of the streams to end")


async def test_a_watch_whose_client_reads_nothing_ends_and_its_observation_is_dropped(
    inside: Inside, build_id: str
) -> None:
    async with AsyncClient(inside.address) as client, grpc.aio.insecure_channel(inside.address) as channel:
        await client.builds.create_crash_log(CrashLog(incident_identifier="crash", build_id=build_id))
        before = inside.tasks()
        stream = rpc.BackendServiceStub(channel).StreamCrashLog(pb.StreamCrashLogRequest(id="crash"))
        await until(lambda: len(inside.observatory) == 1, "the watch to begin")
        async with asyncio.timeout(patience(30)):
            for step in itertools.count():
                if not len(inside.observatory):
                    break
                await client.builds.update_crash_log(
                    CrashLog(incident_identifier="crash", content=numbered(step, LINE_SIZE)), ["content"]
                )
        stream.cancel()  # until then, or until it reads on, gRPC itself keeps the status for the client
        await until(lambda: inside.tasks() <= before, "the last task of the stream to end")


async def test_a_tail_of_our_client_whose_consumer_pauses_goes_on_without_a_gap(inside: Inside, build_id: str) -> None:
    async with AsyncClient(inside.address) as client:
        tail = client.builds.tail_build_logs(build_id)
        lines = [await anext(tail)]
        await until(lambda: inside.calls.streams == 0, "the stream to be ended")
        lines += [line async for line in tail]
    assert_whole(lines, LINES, LINE_SIZE)


_FOLLOWER = """
import asyncio, sys
from millstream import AsyncClient

async def main():
    async with AsyncClient(sys.argv[1]) as client:
        async for line in client.builds.tail_build_logs(sys.argv[2], follow=True):
            print(line.seq, flush=True)

asyncio.run(main())
"""


async def test_a_process_that_is_paused_goes_on_without_a_gap(inside: Inside, build_id: str) -> None:
    follower = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _FOLLOWER, inside.address, build_id, stdout=asyncio.subprocess.PIPE
    )
    assert follower.stdout
    try:
        async with AsyncClient(inside.address) as client, asyncio.timeout(patience(60)):
            numbers = [int(await follower.stdout.readline())]
            follower.send_signal(SIGSTOP)
            written = LINES
            async with client.builds.log_writer(build_id) as log:
                while inside.calls.streams == 2:
                    written += 1
                    await log.write("x" * LINE_SIZE)
                    await log.flush()
            follower.send_signal(SIGCONT)
            await client.builds.update_build(Build(id=build_id, status="BUILD_STATUS_COMPLETED"), ["status"])
            numbers += [int(line) async for line in follower.stdout]
            assert await follower.wait() == 0
    finally:
        if follower.returncode is None:
            follower.kill()
            await follower.wait()
    assert numbers == list(range(1, written + 1))


async def _write_and_watch(client: AsyncClient, build_id: str, seconds: float) -> None:
    """For a time, update a build and wait for each update to come back through a watch."""
    end = time.monotonic() + seconds
    async with aclosing(client.builds.watch_build(build_id)) as watch:
        while time.monotonic() < end:
            text = str(time.monotonic_ns())
            await client.builds.update_build(Build(id=build_id, processor=text), ["processor"])
            await first(watch, lambda build: build is not None and build.processor == text, "an update")  # noqa: B023


async def test_many_that_read_nothing_cost_bounded_memory_and_slow_nobody(make_service: MakeService) -> None:
    service = make_service()
    service.settings = {"slow_reader_seconds": SLOW_SECONDS}
    service.start()
    async with AsyncClient(service.address) as client:
        build_id = await new_build(client)
        await fill(client, build_id, LINES, LINE_SIZE)
        watched = await new_build(client)
        after_a_round: list[int] = []
        for _ in range(3):
            async with grpc.aio.insecure_channel(service.address, options=SMALL_WINDOW) as channel:
                stub = rpc.BackendServiceStub(channel)
                calls = [stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id)) for _ in range(20)]
                await _write_and_watch(client, watched, 2 * SLOW_SECONDS + 1)
                await _read_to_the_end(calls[0])
                after_a_round.append(service.memory)
    assert after_a_round[0] < 450 * MEBIBYTE
    assert after_a_round[-1] - after_a_round[0] < 60 * MEBIBYTE, after_a_round
    service.stop()
    assert service.errors == ""
