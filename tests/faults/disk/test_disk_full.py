"""A full disk: DISK_FULL, nothing acknowledged is lost, reads go on, and it recovers by itself once there is room."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from millstream import AsyncClient, Build
from millstream.errors import DiskFullError
from millstream.log_writing.writer import AsyncLogWriter
from millstream_service.store.upkeep.check import check
from tests.deadline import first, patience, until
from tests.faults.conftest import MakeService
from tests.faults.disk.volume import SizeLimit, SmallDisk, Volume, mounted
from tests.faults.records import SCHEME, assert_whole, at, new_build, numbered
from tests.faults.service_process import ServiceProcess

pytestmark = pytest.mark.slow(20)

LINE_SIZE = 5_000
DISK_BYTES = 48 << 20
ROOM_BYTES = 300_000


@pytest.fixture(params=["a small disk", "a limit to files"])
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Volume]:
    if request.param == "a limit to files":
        if not hasattr(resource, "prlimit"):
            pytest.skip("only Linux lets a process set another one's limits")
        yield SizeLimit(tmp_path)
        return
    with mounted(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk


@pytest.fixture
def service(volume: Volume, make_service: MakeService) -> Iterator[ServiceProcess]:
    """A service on the volume. It is gone before the volume is."""
    service = make_service(database=f"sqlite:///{volume.folder}/millstream.sqlite3")
    service.start()
    yield service
    service.close()


async def _write(log: AsyncLogWriter, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        await log.write(numbered(log.last_entry + 1, LINE_SIZE))


async def _create_until_refused(client: AsyncClient) -> tuple[list[str], DiskFullError]:
    """Create builds until there is no room. Returns the ids of those that were acknowledged, and the refusal."""
    created: list[str] = []
    while True:
        try:
            response = await client.builds.create_build(Build(scheme_id=SCHEME, version_string="1" * 100))
        except DiskFullError as error:
            return created, error
        created.append(response.build.id)


async def test_full_and_with_room_again_it_loses_nothing(
    volume: Volume, service: ServiceProcess, client: AsyncClient
) -> None:
    build_id = await new_build(client)
    created: list[str] = []
    stopping = asyncio.Event()
    log = client.builds.log_writer(build_id)
    writing = asyncio.create_task(_write(log, stopping))
    async with asyncio.timeout(patience(90)), aclosing(client.builds.watch_build(build_id)) as watch:
        for step in range(2):
            goal = log.durable_entry + 100
            await until(lambda goal=goal: log.durable_entry >= goal, "lines to be stored")  # type: ignore[misc]
            volume.fill(service, ROOM_BYTES)
            more, refusal = await _create_until_refused(client)
            created += more
            assert refusal.retry_delay
            await until(lambda: isinstance(log.last_failure, DiskFullError), "the writer to hear of it")
            await _assert_reads_work(client, build_id, created, log.durable_entry)
            volume.clear(service)
            await client.builds.update_build(Build(id=build_id, progress=0.1 * step), ["progress"])
            await first(watch, at(0.1 * step), "an update")
        stopping.set()
        await writing
        await log.close()
        await _assert_reads_work(client, build_id, created, log.last_entry)
    service.stop()
    assert check(service.database) == []
    for line in service.errors.splitlines():
        assert line.endswith("the disk that holds the database is full"), "only merging tells of it"


async def _assert_reads_work(client: AsyncClient, build_id: str, created: list[str], durable: int) -> None:
    lines = [line async for line in client.builds.tail_build_logs(build_id)]
    assert len(lines) >= durable
    assert_whole(lines, len(lines), LINE_SIZE)
    async with aclosing(client.builds.watch_build_ids([SCHEME])) as watch:
        ids = await anext(watch)
    assert set(ids) >= set(created)
    assert (await client.builds.get_build(build_id)).id == build_id


async def test_killed_while_the_disk_is_full_it_starts_once_there_is_room(
    volume: Volume, service: ServiceProcess, client: AsyncClient
) -> None:
    build_id = await new_build(client)
    volume.fill(service, ROOM_BYTES)
    created, _ = await _create_until_refused(client)
    service.kill()
    if isinstance(volume, SmallDisk):
        volume.clear(service)
    service.start()
    ids = {build.id async for build in client.builds.list_builds(scheme_ids=[SCHEME])}
    assert ids >= {build_id, *created}
    service.stop()
    assert check(service.database) == []


def test_a_service_that_finds_no_room_at_its_start_says_so(tmp_path: Path, make_service: MakeService) -> None:
    with mounted(tmp_path / "disk", 1 << 20) as disk:
        service = make_service(database=f"sqlite:///{disk.folder}/millstream.sqlite3")
        disk.fill(service, 8_192)
        service.spawn()
        assert service.wait() == 1
        assert service.errors == "millstream: the disk that holds the database is full\n"
        disk.clear(service)
        service.start()
        service.stop()
        assert check(service.database) == []
