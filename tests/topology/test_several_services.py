"""Several services on one PostgreSQL: what one acknowledges, the subscribers of all see, even if notifications fail."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from grpc.aio import insecure_channel
from sqlalchemy import make_url

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.position_pb2 import StreamOptions
from millstream_service.store.engines import postgres as engine
from millstream_service.store.upkeep.check import check
from tests.databases import Databases
from tests.entities import add_build, append, append_texts, at, build, entry
from tests.postgres.pool import Pool
from tests.postgres.server import PostgresServer
from tests.recorder import Recorder
from tests.stubs import Backend
from tests.topology.several import clients, more, new_load, services

pytestmark = pytest.mark.slow

WRITES = 400


@pytest.fixture
def url(postgres_pool: Pool, tmp_path: Path) -> Iterator[str]:
    with Databases("postgres", tmp_path, lambda: postgres_pool) as new_url:
        yield new_url()


async def _all_see_all(url: str, count: int, disturb: Any = None) -> None:
    """Have so many services under load: what is acknowledged is seen by all, in order, once."""
    async with services(url, count) as running, clients(running) as connected:
        load = await new_load(connected)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run())
            for _ in range(4):
                await more(load, WRITES // 4)
                if disturb:
                    disturb()
            load.stop()
    load.assert_whole()
    assert check(url) == []


@pytest.mark.parametrize("count", [2, 3])
async def test_every_acknowledged_write_is_seen_by_every_subscriber_of_every_service_in_order(
    url: str, count: int
) -> None:
    await _all_see_all(url, count)


async def test_where_the_connections_that_listen_are_cut_off_nothing_is_missed(
    url: str, postgres: PostgresServer
) -> None:
    cut = 0

    def cut_off() -> None:
        nonlocal cut
        cut += len(postgres.execute(_CUT_OFF_LISTENERS, [make_url(url).database]))

    await _all_see_all(url, 2, cut_off)
    assert cut >= 2


_CUT_OFF_LISTENERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'"
)


async def test_where_every_call_is_lost_the_change_log_tells(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They listen, but commits notify elsewhere."""
    monkeypatch.setattr(engine, "POLL_SECONDS", 0.1)

    def lose_all() -> None:
        monkeypatch.setattr(engine, "CHANNEL", "nobody_listens_to_this")

    await _all_see_all(url, 2, lose_all)


async def test_without_calls_the_change_log_tells(url: str) -> None:
    await _all_see_all(f"{url}?millstream_notify=off", 3)


@asynccontextmanager
async def _two(url: str) -> AsyncIterator[tuple[Backend, Backend]]:
    """Give stubs of two services."""
    async with (
        services(url, 2) as [one, other],
        insecure_channel(one.address) as a,
        insecure_channel(other.address) as b,
    ):
        yield BackendServiceStub(a), BackendServiceStub(b)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services that hear nothing of each other's commits for as long as a test takes."""
    monkeypatch.setattr(engine, "POLL_UNTOLD_SECONDS", 1_000.0)


WATCHED = (
    pb.StreamBuildRequest(id="build"),
    pb.StreamBuildIdsRequest(scheme_ids=["debug"]),
    pb.StreamLatestBuildsRequest(project_id="app", limit=5),
    pb.StreamBuildLogIdsRequest(build_id="build"),
    pb.StreamProjectDetailRequest(id="app"),
)


async def _begins(stub: Backend, request: Any, token: bytes = b"") -> Any:
    """Return the first message of a stream."""
    asked = type(request)(options=StreamOptions(resume_token=token))
    asked.MergeFrom(request)
    async with Recorder[Any](getattr(stub, asked.DESCRIPTOR.name.removesuffix("Request"))(asked)) as recorder:
        return await recorder.next()


def _value(message: Any) -> Any:
    value = type(message)()
    value.CopyFrom(message)
    value.ClearField("position")
    return value


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("request_", WATCHED, ids=lambda request: str(request.DESCRIPTOR.name))
async def test_a_client_goes_on_at_another_service_with_its_token(url: str, request_: Any) -> None:
    async with _two(f"{url}?millstream_notify=off") as (one, other):
        await add_build(one, "build")
        before = await _begins(one, request_)
        again = await _begins(other, request_, before.position.resume_token)
        assert again.position.unchanged
        assert again.position.revision >= before.position.revision
        async with Recorder[Any](other.StreamBuild(pb.StreamBuildRequest(id="build"))) as staying:
            await staying.next()
            await append_texts(one, "a line")
            await one.UpdateBuild(pb.UpdateBuildRequest(build=build(progress=0.5)))
            await one.CreateBuild(pb.CreateBuildRequest(build=build("second", created_at=at(1))))
            after = await _begins(one, request_)
            again = await _begins(other, request_, after.position.resume_token)
            assert again.position.unchanged
            assert again.position.revision >= after.position.revision
            late = await _begins(other, request_, before.position.resume_token)
            assert _value(late) == _value(after) != _value(before)


@pytest.mark.usefixtures("deaf")
async def test_who_has_seen_a_commit_is_not_sent_back_by_a_service_that_has_not_heard_of_it(url: str) -> None:
    request = pb.StreamBuildRequest(id="build")
    async with _two(f"{url}?millstream_notify=off") as (one, other):
        await add_build(one, "build")
        async with Recorder[Any](other.StreamBuild(request)) as staying:
            await staying.next()
            await one.UpdateBuild(pb.UpdateBuildRequest(build=build(progress=0.5)))
            seen = await _begins(one, request)
            await one.UpdateBuild(pb.UpdateBuildRequest(build=build(progress=0.6)))
            newer = await _begins(other, request, seen.position.resume_token)
            assert newer.build.progress == 0.6
            assert newer.position.revision > seen.position.revision
            assert (await staying.next()).build.progress == 0.6, "who shares the read gains by it"


@pytest.mark.usefixtures("deaf")
async def test_an_answered_line_is_in_every_service_s_log_at_once_and_is_stored_once(url: str) -> None:
    async with _two(f"{url}?millstream_notify=off") as (one, other):
        await add_build(one, "build")
        stubs = (one, other)
        for number in range(1, 21):
            entries = [entry(f"line {line}") for line in (number - 1, number) if line]
            answer = await append(stubs[number % 2], entries, first=max(1, number - 1))
            assert (answer.durable_entry, answer.last_seq) == (number, number)
            tail = stubs[1 - number % 2].TailBuildLogs(pb.TailBuildLogsRequest(build_id="build"))
            contents = [line.content for message in [one async for one in tail] for line in message.build_logs]
            assert contents == [f"line {line}" for line in range(1, number + 1)]
