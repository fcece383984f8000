"""Two services on one file work together; another program on it is waited for, or reported."""

import asyncio
import os
import sqlite3
import sys
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from millstream import AsyncClient, Build, BuildLog, RetryPolicy
from millstream.errors import StoreBusyError
from millstream.transport.retry import NO_RETRIES
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.store.database.database import Database
from millstream_service.store.engines.sqlite import FileWatch
from millstream_service.store.upkeep.check import check
from tests.deadline import first, patience, until
from tests.faults.conftest import MakeService
from tests.faults.records import SCHEME, assert_whole, at, fill, new_build
from tests.faults.service_process import ServiceProcess

pytestmark = pytest.mark.slow

WRITES = 150
_READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(*connection.execute("SELECT progress FROM builds").fetchone())
connection.close()
"""


async def _create(client: AsyncClient, ids: list[str]) -> None:
    for _ in range(WRITES):
        made = await client.builds.create_build(Build(scheme_id=SCHEME, version_string="1"))
        ids.append(made.build.id)


async def _follow(client: AsyncClient, revisions: list[int]) -> None:
    async with aclosing(client.changes.stream_changes()) as commits:
        async for commit in commits:
            revisions.append(commit.revision)  # noqa: PERF401 - it ends by being cancelled


@pytest.fixture
async def pair(make_service: MakeService) -> tuple[ServiceProcess, ServiceProcess]:
    """Two services that run on one file, the second by way of a link."""
    one, other = make_service(), make_service()
    other.path.symlink_to(one.path)
    await asyncio.gather(asyncio.to_thread(one.start), asyncio.to_thread(other.start))
    return one, other


async def test_two_services_on_one_file_write_at_once_and_see_each_other_s_commits(
    pair: tuple[ServiceProcess, ServiceProcess],
) -> None:
    patient = RetryPolicy(max_attempts=20)
    async with (
        AsyncClient(pair[0].address, retry=patient) as one,
        AsyncClient(pair[1].address, retry=patient) as other,
        asyncio.timeout(patience(60)),
    ):
        clients = (one, other)
        shared = await new_build(one)
        created: list[str] = []
        revisions: tuple[list[int], list[int]] = ([], [])
        following = [
            asyncio.create_task(_follow(client, list_)) for client, list_ in zip(clients, revisions, strict=True)
        ]
        tails = [asyncio.create_task(_tail(client, shared)) for client in clients]
        await asyncio.gather(
            *(_create(client, created) for client in clients for _ in range(2)), fill(one, shared, 2_000, 100)
        )
        for client in clients:
            async with aclosing(client.builds.watch_build_ids([SCHEME])) as watch:
                await first(watch, lambda ids: set(ids) >= {shared, *created}, "all builds, of both services")
        done = await other.builds.update_build(Build(id=shared, status="BUILD_STATUS_COMPLETED"), ["status"])
        for lines in await asyncio.gather(*tails):
            assert_whole(lines, 2_000, 100)
        for list_ in revisions:
            await until(lambda list_=list_: list_ and list_[-1] == done.revision, "the last revision")  # type: ignore[misc]
            assert list_ == list(range(1, done.revision + 1))
        for task in following:
            task.cancel()
    for service in pair:
        service.stop()
        assert service.errors == ""
    assert check(pair[0].database) == []


async def _tail(client: AsyncClient, build_id: str) -> list[BuildLog]:
    return [line async for line in client.builds.tail_build_logs(build_id, follow=True)]


async def test_a_single_write_reaches_the_other_service_and_each_goes_on_when_the_other_is_killed(
    pair: tuple[ServiceProcess, ServiceProcess],
) -> None:
    async with AsyncClient(pair[0].address) as one, AsyncClient(pair[1].address) as other:
        ids = [await new_build(one)]
        async with aclosing(other.builds.watch_build(ids[0])) as watch:
            for step in range(1, 11):
                await one.builds.update_build(Build(id=ids[0], progress=step / 10), ["progress"])
                await first(watch, at(step / 10), "the update")
        ids.append(await new_build(other))
        pair[0].kill()
        ids.append(await new_build(other))
        assert {build.id async for build in other.builds.list_builds(scheme_ids=[SCHEME])} == set(ids)


async def test_a_lock_that_another_program_holds_is_told_of_and_reads_go_on(service: ServiceProcess) -> None:
    async with AsyncClient(service.address, retry=NO_RETRIES) as client, asyncio.timeout(patience(30)):
        build_id = await new_build(client)
        with closing(sqlite3.connect(service.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"]))
            while not waiting.done():
                assert (await client.builds.get_build(build_id)).progress == 0
            assert isinstance(waiting.exception(), StoreBusyError)
            other.execute("ROLLBACK")
        await client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"])
        assert (await client.builds.get_build(build_id)).progress == 0.5
    service.stop()
    assert service.errors == ""


def test_a_write_in_the_same_step_of_the_file_s_clock_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"one")
    watch = FileWatch(make_url(f"sqlite:///{path}"))
    time = path.stat().st_mtime_ns
    path.write_bytes(b"two")
    os.utime(path, ns=(time, time))
    assert watch.changed()
    old = time - 10**9
    os.utime(path, ns=(old, old))
    assert watch.changed()
    assert not watch.changed()


async def _progress_seen_elsewhere(path: Path) -> float:
    """Return the progress of the only build, as a process that opens and closes the file finds it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _READER, path, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    return float(printed)


async def test_another_user_of_the_file_in_our_process_takes_no_lock_from_us(tmp_path: Path) -> None:
    """Closing a file drops all locks that a process has on it: see store.sqlite.prepare."""
    path = tmp_path / "millstream.sqlite3"
    database = f"sqlite:///{path}"
    with EmbeddedService(Config(listen="127.0.0.1:0", database=database)) as service:
        async with AsyncClient(service.address) as client:
            build_id = await new_build(client)
            Database(database).open().close()
            await _progress_seen_elsewhere(path)  # as the last to leave, it would tidy our write-ahead log away
            await client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"])
            assert await _progress_seen_elsewhere(path) == 0.5
