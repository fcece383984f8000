"""On a full disk what makes room still works: a real file system that is full, and the reserve beside the database."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from millstream import AsyncClient, Build, BuildLog
from millstream.errors import BuildNotFoundError, DiskFullError
from millstream.transport.retry import NO_RETRIES
from millstream_service.store.database.reserve import MAX_BYTES, SUFFIX, Reserve
from millstream_service.store.engines.sqlite_driver import DRIVER
from millstream_service.store.entities import purging
from millstream_service.store.upkeep.check import check
from millstream_service.store.writing import space
from tests.deadline import until
from tests.faults.conftest import MakeService
from tests.faults.disk.volume import SmallDisk, mounted
from tests.faults.records import SCHEME, new_build, numbered
from tests.faults.service_process import ServiceProcess
from tests.running import running

DISK_BYTES = 256 << 20
LINE_SIZE = 60_000
ROOMS = {"a log that is small": 1 << 20, "a log that is larger than the file": 40 << 20}
"""What is left beside the reserve, for log lines to fill."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk


@pytest.fixture
def reserve(disk: SmallDisk) -> Path:
    return disk.folder / f"millstream.sqlite3{SUFFIX}"


@pytest.fixture
async def service(disk: SmallDisk, reserve: Path, make_service: MakeService) -> AsyncIterator[ServiceProcess]:
    """A service with a reserve. It is gone before the disk is."""
    service = make_service(database=f"sqlite:///{disk.folder}/millstream.sqlite3")
    service.start()
    await until(lambda: _size(reserve) == MAX_BYTES, "the reserve")
    yield service
    service.close()


@pytest.fixture
async def client(service: ServiceProcess) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(service.address, retry=NO_RETRIES) as client:
        yield client


def _size(file: Path) -> int:
    return file.stat().st_blocks * 512 if file.exists() else 0


def _line(build_id: str, number: int) -> BuildLog:
    return BuildLog(build_id=build_id, content=numbered(number, LINE_SIZE))


async def _fill(client: AsyncClient, build_ids: list[str]) -> None:
    """Write lines to logs by turns until neither they nor anything small can be stored."""
    with suppress(DiskFullError):
        for number in itertools.count():
            await client.builds.create_build_log(_line(build_ids[number % len(build_ids)], number))
    with suppress(DiskFullError):
        while True:
            await client.builds.create_build(Build(scheme_id=SCHEME, version_string="1" * 100))


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
@pytest.mark.parametrize("between", ["served on", "killed", "stopped"])
async def test_a_build_can_be_deleted_and_then_there_is_room(
    disk: SmallDisk, service: ServiceProcess, client: AsyncClient, reserve: Path, room: int, between: str
) -> None:
    kept, deleted = await new_build(client), await new_build(client)
    disk.fill(service, room)
    await _fill(client, [kept, deleted])
    assert _size(reserve) == MAX_BYTES, "others don't get it"
    lines = [line.content async for line in client.builds.tail_build_logs(kept)]
    if between != "served on":
        service.kill() if between == "killed" else service.stop()
        service.start()
    await client.builds.delete_build(deleted)
    with pytest.raises(BuildNotFoundError):
        await client.builds.get_build(deleted)
    await until(lambda: _purged(service), "all of it to be taken away")
    await until(lambda: _size(reserve) == MAX_BYTES, "the reserve to be back")
    more = _line(kept, len(lines))
    await client.builds.create_build_log(more)
    assert [line.content async for line in client.builds.tail_build_logs(kept)] == [*lines, more.content]
    service.stop()
    assert check(service.database) == []


async def test_a_reserve_that_is_short_is_asked_for_until_it_is_back(
    file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader may keep its room for as long as it likes, and no other write may come."""
    asked: list[None] = []
    release = space.release

    async def count(*arguments: Any) -> None:
        asked.append(None)
        await release(*arguments)

    monkeypatch.setattr(purging, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(Reserve, "is_short", True)
    monkeypatch.setattr(space, "release", count)
    async with running(file_url) as service, AsyncClient(service.address) as client:
        build_id = await new_build(client)
        await client.builds.delete_build(build_id)
        await until(lambda: len(asked) >= 10, "it to be asked for again and again")


def _purged(service: ServiceProcess) -> bool:
    """Return whether no deletion is left that is not done."""
    path = service.database.removeprefix("sqlite:///")
    with closing(DRIVER.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("SELECT count(*) FROM deletions").fetchone() == (0,))
