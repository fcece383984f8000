"""Deleting much: everybody sees it go at once, whichever service they ask, and whatever ends a service meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import grpc
import pytest
from sqlalchemy import Connection, func, select

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream_service.store.builds.tables import BUILDS, CHUNKS, CRASH_LOGS, HEADS, WRITERS
from millstream_service.store.entities import purge, purging
from millstream_service.store.schema.models import DELETIONS
from millstream_service.store.upkeep.check import check
from millstream_service.store.writing import pacing
from tests.deadline import until, within
from tests.entities import add_build, append_texts, build, crash_log, project, revision, scheme
from tests.faults.service_process import ServiceProcess
from tests.recorder import Recorder
from tests.refusal import refused
from tests.store.opening import opened
from tests.stubs import Backend
from tests.topology.several import services

pytestmark = pytest.mark.slow

KEYS = [f"b{number}" for number in range(12)]
Left = Callable[[], list[int]]
DELETE = pb.DeleteProjectRequest(id="app")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Steps of three rows; the first is followed by the rest once the event is set."""
    gate = asyncio.Event()
    repeat = pacing.repeat

    async def repeat_later(writer: object, command: object) -> int:
        await gate.wait()
        return await repeat(writer, command)  # type: ignore[arg-type]

    monkeypatch.setattr(purge, "MAX_ROWS", 3)
    monkeypatch.setattr(pacing, "repeat", repeat_later)
    return gate


@pytest.fixture
async def stubs(lasting_url: str, slow: asyncio.Event) -> AsyncIterator[list[Backend]]:
    """Two services on one store that has twelve builds, each with a log and a crash report."""
    assert not slow.is_set()
    async with services(lasting_url, 2) as both, AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(grpc.aio.insecure_channel(one.address)) for one in both]
        made: list[Backend] = [BackendServiceStub(channel) for channel in channels]
        await _fill(made[0])
        yield made


async def _fill(stub: Backend) -> None:
    await add_build(stub, *KEYS)
    for key in KEYS:
        await append_texts(stub, "line", build_id=key)
        await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log(f"crash of {key}", key)))


@pytest.fixture
def left(lasting_url: str) -> Iterator[Left]:
    """Tells how many rows of what is below builds the store has, and how many deletions."""
    with opened(lasting_url) as database:
        yield partial(database.read_now, _counts)


def _counts(connection: Connection) -> list[int]:
    tables = (BUILDS.table, CRASH_LOGS.table, CHUNKS, HEADS, WRITERS, DELETIONS)
    return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


async def test_all_who_watch_see_it_go_with_one_commit(
    stubs: list[Backend], lasting_url: str, left: Left, slow: asyncio.Event
) -> None:
    for_build: list[Recorder[Any]] = [
        Recorder(stub.StreamBuild(pb.StreamBuildRequest(id=key))) for stub in stubs for key in KEYS[:3]
    ]
    tails: list[Recorder[Any]] = [
        Recorder(stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="b1", follow=True))) for stub in stubs
    ]
    async with AsyncExitStack() as stack:
        for recorder in (*for_build, *tails):
            await stack.enter_async_context(recorder)
            await recorder.next()
        deleted = (await stubs[0].DeleteProject(DELETE)).revision
        for watch in for_build:
            gone = await watch.next()
            assert (gone.HasField("build"), gone.position.revision) == (False, deleted)
        for tail in tails:
            refusal = await tail.end()
            assert refusal is not None
            assert refusal.reason == "BUILD_NOT_FOUND"
    assert left()[0] >= len(KEYS) - 3, "most of it waits to be taken away"
    for stub in stubs:
        assert (await refused(stub.GetBuild(pb.GetBuildRequest(id="b11")))).reason == "BUILD_NOT_FOUND"
        assert not (await stub.ListBuilds(pb.ListBuildsRequest())).builds
        assert not (await stub.ListCrashLogs(pb.ListCrashLogsRequest(project_id="app"))).crash_logs
    assert check(lasting_url) == []
    before = await revision(stubs[0])
    slow.set()
    await until(lambda: not any(left()), "all of it was taken away")
    assert await revision(stubs[1]) == before, "nobody notices"


async def test_the_same_ids_may_be_used_at_once(
    stubs: list[Backend], lasting_url: str, left: Left, slow: asyncio.Event
) -> None:
    await stubs[0].DeleteProject(DELETE)
    slow.set()
    request = pb.CreateProjectRequest(project=project(), schemes=[scheme()])
    assert (await stubs[1].CreateProject(request)).schemes == [scheme()]
    for key in KEYS[:2]:
        await stubs[1].CreateBuild(pb.CreateBuildRequest(build=build(key)))
        await stubs[0].CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log(f"crash of {key}", key)))
        assert not (await stubs[0].ListBuildLogs(pb.ListBuildLogsRequest(build_id=key))).build_logs
        assert await append_texts(stubs[0], "new", build_id=key) == 1
    await until(lambda: left() == [2, 2, 2, 2, 2, 0], "what was deleted is gone, and nothing else")
    assert (await refused(stubs[0].CreateProject(request))).reason == "PROJECT_EXISTS"
    assert check(lasting_url) == []


async def test_what_a_service_leaves_another_takes_over(
    stubs: list[Backend], left: Left, slow: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(purging.Purger, "begin", lambda *_: None)  # as if it were killed at once
    await stubs[0].DeleteProject(DELETE)
    slow.set()
    await until(lambda: not any(left()), "all of it was taken away")


async def test_killed_in_the_middle_it_goes_on(
    file_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(purging, "LOOK_SECONDS", 0.05)
    service = ServiceProcess(tmp_path_factory.mktemp("service"), database=file_url)
    service.start()
    try:
        async with grpc.aio.insecure_channel(service.address) as channel:
            stub: Backend = BackendServiceStub(channel)
            await _fill(stub)
            for first in range(1, 400):
                await append_texts(stub, "line", build_id="b1", first=1 + first)
            await stub.DeleteProject(DELETE)
            service.kill()
    finally:
        service.close()
    assert check(file_url) == []
    with opened(file_url) as database:
        await _goes_on(file_url, partial(database.read_now, _counts))
    assert check(file_url) == []


async def _goes_on(url: str, left: Left) -> None:
    assert left()[-1] == 1, "it was killed in the middle"
    async with services(url, 1) as [after], grpc.aio.insecure_channel(after.address) as channel:
        stub = BackendServiceStub(channel)
        assert (await within(refused(stub.GetBuild(pb.GetBuildRequest(id="b1"))))).reason == "BUILD_NOT_FOUND"
        await until(lambda: not any(left()), "all of it was taken away")
