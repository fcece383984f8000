"""kill -9 of the service: what it acknowledged is there, and its clients go on by themselves.

`MILLSTREAM_KILLS=100 pytest tests/faults/test_kill.py` kills it that often under load.
"""

import asyncio
import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from millstream import AsyncClient, BuildLogEntry, Instance, McpEvent, RetryPolicy
from millstream_service.convert.logs.line_filter import ANY_LINE
from millstream_service.convert.logs.logs import check_entries
from millstream_service.handlers.logs import lines
from millstream_service.store.database.database import Database
from millstream_service.store.logs import logs
from millstream_service.store.upkeep.check import check
from tests.deadline import until
from tests.faults.conftest import MakeService
from tests.faults.load import Load, assert_writer_whole
from tests.faults.records import new_build, numbered
from tests.faults.service_process import ServiceProcess

pytestmark = pytest.mark.slow(10)

KILLS = int(os.environ.get("MILLSTREAM_KILLS", "4"))
KILLS_OF_ONE = 20
"""Of one database: all of it is looked through after each."""
BATCH, LINE_SIZE = 5, 10_000
EVENTS = 40_000
PATIENT = RetryPolicy(max_attempts=100, max_delay=0.5, max_stream_delay=0.5)


def _copied(service: ServiceProcess, folder: Path) -> Path:
    """Return a copy of the database as the kill left it: its service is yet to recover it by itself."""
    folder.mkdir()
    for path in (service.path, service.path.with_name(service.path.name + "-wal")):
        if path.exists():
            shutil.copy(path, folder)
    return folder / service.path.name


def _log_of(path: Path, build_id: str) -> list[str]:
    database = Database(f"sqlite:///{path}").open()
    try:
        return database.read_now(
            lambda connection: [line.content for line in lines.after(connection, build_id, 0, ANY_LINE)]
        )
    finally:
        database.close()


def _assert_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert check(f"sqlite:///{path}") == []


def _assert_kept(load: Load, path: Path, created: list[str], progress: int, durable: dict[str, dict[str, int]]) -> None:
    """Check a copy of the database against what had been acknowledged."""
    _assert_sound(path)
    with closing(sqlite3.connect(path)) as connection:
        stored = {str(row[0]) for row in connection.execute("SELECT id FROM builds")}
        (stored_progress,) = connection.execute(
            "SELECT progress FROM builds WHERE id = ?", (load.build_ids[0],)
        ).fetchone()
    assert stored >= set(created)
    assert round(stored_progress * 1_000_000) >= progress
    for build_id, counts in durable.items():
        contents = _log_of(path, build_id)
        for name, count in counts.items():
            assert_writer_whole(contents, name, count)


async def _restart(service: ServiceProcess, load: Load, folder: Path, *, kill: bool) -> None:
    """Kill it, or have it stop, check what the disk holds, and start it again."""
    if kill:
        service.kill()
    else:
        await asyncio.to_thread(service.stop)
    load.pause()
    created, progress = list(load.created), load.progress
    durable = {build_id: dict(load.written(build_id)) for build_id in load.build_ids}
    path = _copied(service, folder)
    await asyncio.gather(
        asyncio.to_thread(_assert_kept, load, path, created, progress, durable), asyncio.to_thread(service.start)
    )
    shutil.rmtree(folder)
    load.resume()


@pytest.mark.timeout(60 + 20 * KILLS_OF_ONE)
@pytest.mark.parametrize("first", range(0, KILLS, KILLS_OF_ONE))
async def test_killed_or_stopped_under_load_it_keeps_what_it_acknowledged_and_its_clients_go_on(
    service: ServiceProcess, tmp_path: Path, first: int
) -> None:
    async with AsyncClient(service.address, retry=PATIENT) as client:
        load = Load([client], [await new_build(client) for _ in range(2)])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run())
            for number in range(min(KILLS_OF_ONE, KILLS - first)):
                goal = load.acknowledged + random.randint(1, 3_000)
                await until(lambda goal=goal: load.acknowledged >= goal, "writes to be acknowledged")  # type: ignore[misc]
                await _restart(service, load, tmp_path / f"life{number}", kill=number != 1)
            goal = load.acknowledged + 100
            await until(lambda: load.acknowledged >= goal, "writes to be acknowledged")
            load.stop()
    load.assert_whole()
    service.stop()
    _assert_sound(service.path)
    assert "Traceback" not in service.errors


def _unmerged(path: Path) -> int:
    """Return how many chunks are yet to be merged."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM build_log_chunks WHERE NOT merged").fetchone()
    return int(count)


def _fill_unmerged(database_url: str, build_id: str, batches: int) -> None:
    """Store a log in many small chunks, with no service there to merge them."""
    database = Database(database_url).open()
    connection = database.connect_writer()
    for first in range(1, batches * BATCH, BATCH):
        entries = check_entries(
            [BuildLogEntry(content=numbered(number, LINE_SIZE)) for number in range(first, first + BATCH)]
        )
        with connection.begin():
            logs.append(connection, build_id, "writer", first, BATCH, entries.encoder(build_id))
    database.close()


async def test_killed_in_the_midst_of_merging_it_loses_no_line(service: ServiceProcess, tmp_path: Path) -> None:
    async with AsyncClient(service.address, retry=PATIENT) as client:
        build_id = await new_build(client)
    service.stop()
    _fill_unmerged(service.database, build_id, 300)
    everything = [numbered(number, LINE_SIZE) for number in range(1, 300 * BATCH + 1)]
    for kill in range(3):
        service.start()
        goal = _unmerged(service.path) - random.randint(1, 60)
        await until(lambda goal=goal: _unmerged(service.path) <= goal, "chunks to be merged")  # type: ignore[misc]
        service.kill()
        path = _copied(service, tmp_path / f"kill{kill}")
        assert _log_of(path, build_id) == everything
        _assert_sound(path)
    service.start()
    await until(lambda: _unmerged(service.path) == 0, "the last chunk to be merged")
    service.stop()
    assert _log_of(service.path, build_id) == everything
    _assert_sound(service.path)


def _events_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [str(row[0]) for row in connection.execute("SELECT tool_name FROM mcp_events ORDER BY id")]


async def test_killed_while_events_are_appended_it_has_each_once_and_all_that_it_acknowledged(
    service: ServiceProcess, tmp_path: Path
) -> None:
    everything = [str(number) for number in range(EVENTS)]
    async with AsyncClient(service.address, retry=PATIENT) as client:
        made = await client.agents.create_instance(Instance())
        async with client.agents.event_writer(made.instance.id) as log:
            writing = asyncio.create_task(log.write_many(McpEvent(tool_name=name) for name in everything))
            for kill in range(3):
                goal = min(log.durable_entry + random.randint(1, 2_000), EVENTS)
                await until(lambda goal=goal: log.durable_entry >= goal, "events to be acknowledged")  # type: ignore[misc]
                service.kill()
                path = _copied(service, tmp_path / f"kill{kill}")
                stored = _events_in(path)
                assert len(stored) >= log.durable_entry
                assert stored == everything[: len(stored)]
                _assert_sound(path)
                service.start()
            await writing
    service.stop()
    assert _events_in(service.path) == everything
    _assert_sound(service.path)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
async def test_killed_while_it_makes_its_database_it_starts_the_next_time(
    make_service: MakeService, suffix: str
) -> None:
    service = make_service()
    service.spawn()
    await until(service.path.with_name(service.path.name + suffix).exists, "the database to be begun")
    service.kill()
    service.start()
    async with AsyncClient(service.address) as client:
        assert await new_build(client)
    service.stop()
    _assert_sound(service.path)
