"""What is too large, too often, or out of its time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import grpc
import pytest

from millstream import AsyncClient, Build, BuildLog, BuildLogEntry
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1 import backend_service_pb2_grpc as rpc
from millstream.errors import MessageTooLargeError, ResourceExhaustedError
from millstream.transport.status import error_from_rpc
from millstream_service.config import Config
from tests.deadline import first, patience
from tests.faults.inside import embedded
from tests.faults.limits.http2 import connected
from tests.faults.records import SCHEME, at, new_build
from tests.faults.service_process import ServiceProcess

MEBIBYTE = 1 << 20
PINGS, PING_SECONDS = 6, 1.1
"""By default a server closes the connection at the fifth."""


async def test_a_client_that_pings_every_other_second_is_not_cut_off(service: ServiceProcess) -> None:
    async with asyncio.timeout(patience(30)), connected(service.address) as connection:
        due = time.monotonic()
        for number in range(PINGS):
            await asyncio.sleep(max(0, due - time.monotonic()))  # the pace is what is tested
            await connection.ping(number)
            due += PING_SECONDS


async def _one(request: pb.AppendBuildLogsRequest) -> AsyncIterator[pb.AppendBuildLogsRequest]:
    yield request


async def _append(stub: "rpc.BackendServiceAsyncStub", build_id: str, *contents: str) -> Exception | int:
    """Append lines in one batch. Returns how far the log goes then, or the error."""
    entries = [BuildLogEntry(content=content) for content in contents]
    request = pb.AppendBuildLogsRequest(build_id=build_id, writer_id="w", first_entry=1, entries=entries)
    try:
        async with asyncio.timeout(patience(20)):
            async for response in stub.AppendBuildLogs(_one(request)):
                return response.last_seq
    except grpc.aio.AioRpcError as error:
        return error_from_rpc(error)
    raise AssertionError("the call ended well, without an answer")


async def _create_line(stub: "rpc.BackendServiceAsyncStub", build_id: str, content: str) -> Exception | int:
    request = pb.CreateBuildLogRequest(build_log=BuildLog(build_id=build_id, content=content))
    try:
        return (await stub.CreateBuildLog(request, timeout=patience(20))).build_log.seq
    except grpc.aio.AioRpcError as error:
        return error_from_rpc(error)


async def test_a_line_of_five_mebibytes_and_a_message_of_nine_are_refused_and_all_goes_on(
    service: ServiceProcess, client: AsyncClient
) -> None:
    build_id = await new_build(client)
    async with grpc.aio.insecure_channel(service.address) as channel:
        stub = rpc.BackendServiceStub(channel)
        for refusal, field, size in (
            (await _append(stub, build_id, "short", "x" * 5 * MEBIBYTE), "entries[1].content", 5 * MEBIBYTE),
            (await _create_line(stub, build_id, "x" * (MEBIBYTE + 1)), "build_log.content", MEBIBYTE + 1),
        ):
            assert isinstance(refusal, MessageTooLargeError)
            assert refusal.metadata == {"field": field, "limit": str(MEBIBYTE), "size": str(size)}
        whole = await _create_line(stub, build_id, "x" * 5 * MEBIBYTE)
        assert isinstance(whole, MessageTooLargeError)
        assert (whole.metadata["field"], whole.metadata["limit"]) == ("request", str(2 * MEBIBYTE))
        for refusal in (
            await _append(stub, build_id, "x" * 9 * MEBIBYTE),
            await _create_line(stub, build_id, "x" * 9 * MEBIBYTE),
        ):
            assert isinstance(refusal, ResourceExhaustedError), refusal
        assert await _append(stub, build_id, "x" * MEBIBYTE) == 1
        assert await _create_line(stub, build_id, "x" * MEBIBYTE) == 2
    service.stop()
    assert service.errors == ""


async def test_the_clock_may_go_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, hour = time.time_ns, 3_600 * 10**9
    with embedded(Config(listen="127.0.0.1:0", database=f"sqlite:///{tmp_path}/db")) as inside:
        async with (
            AsyncClient(inside.address) as client,
            grpc.aio.insecure_channel(inside.address) as channel,
            aclosing(client.changes.stream_changes()) as commits,
        ):
            stub = rpc.BackendServiceStub(channel)
            build_id = await new_build(client)
            revisions, ids, lines = [], [], []
            async with aclosing(client.builds.watch_build(build_id)) as watch:
                for step in range(1, 11):
                    monkeypatch.setattr(time, "time_ns", lambda back=step * hour: clock() - back)
                    request = pb.CreateBuildRequest(build=Build(scheme_id=SCHEME, version_string="1"))
                    made = await stub.CreateBuild(request)  # our client would give the build its id
                    ids.append(made.build.id)
                    line = await client.builds.create_build_log(BuildLog(build_id=build_id, content=str(step)))
                    lines.append(line.build_log.seq)
                    updated = await client.builds.update_build(Build(id=build_id, progress=step / 10), ["progress"])
                    revisions += [made.revision, line.revision, updated.revision]
                    await first(watch, at(step / 10), "the update")
            monkeypatch.undo()
            seen = []
            async for commit in commits:
                seen.append(commit)
                if commit.revision == revisions[-1]:
                    break
            assert {line.content: line.seq async for line in client.builds.tail_build_logs(build_id)} == {
                str(seq): seq for seq in lines
            }
    assert [commit.revision for commit in seen] == list(range(1, revisions[-1] + 1))
    assert revisions == sorted(set(revisions))
    assert ids == sorted(set(ids))
    assert lines == list(range(1, 11))
    times = [commit.committed_at.ToNanoseconds() for commit in seen]
    assert times != sorted(times), "the service has seen the clock go backwards"
