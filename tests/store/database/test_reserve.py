"""The reserve: as large as may be, its owner's alone, lent to what makes room, once, and to nothing else."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.errors import DiskFullError
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database import reserve as module
from millstream_service.store.database.database import Database
from millstream_service.store.database.reserve import MAX_BYTES, MIN_BYTES, Reserve
from millstream_service.store.engines import sqlite
from millstream_service.store.history.changes import Change
from millstream_service.store.writing import writer
from millstream_service.store.writing.commands import Task
from millstream_service.store.writing.group_commit import GroupCommit
from tests.store.family import create, group_of, project
from tests.store.opening import opened

SIZE = 3 << 20


@pytest.fixture(params=[True, False], ids=["allocated", "written"])
def reserve(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reserve:
    """One of a small size; also where the system can't allocate."""
    monkeypatch.setattr(module, "MAX_BYTES", SIZE)
    if not request.param:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    return Reserve(tmp_path / "reserve")


def test_it_is_on_the_disk_and_its_owners_alone(reserve: Reserve, tmp_path: Path) -> None:
    reserve.top_up()
    found = (tmp_path / "reserve").stat()
    assert (found.st_size, stat.S_IMODE(found.st_mode)) == (SIZE, 0o600)
    assert found.st_blocks * 512 >= SIZE


@pytest.mark.parametrize(("room", "size"), [(8 << 20, SIZE), (4 << 20, 2 << 20), (2 * MIN_BYTES - 2, 0), (0, 0)])
def test_it_takes_no_more_than_half(reserve: Reserve, monkeypatch: pytest.MonkeyPatch, room: int, size: int) -> None:
    monkeypatch.setattr(Reserve, "room", lambda self: room - self.size)
    reserve.top_up()
    reserve.top_up()
    assert reserve.size == size


def test_it_comes_back_from_what_it_was_lent_to(reserve: Reserve) -> None:
    reserve.top_up()
    with suppress(ValueError), reserve.lend():
        assert (reserve.size, reserve.is_lent) == (0, True)
        raise ValueError("planted")
    assert (reserve.size, reserve.is_lent, reserve.is_short) == (SIZE, False, False)


def test_what_does_not_come_back_is_made_up_for(reserve: Reserve, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve.top_up()
    with monkeypatch.context() as patch:
        patch.setattr(Reserve, "room", lambda _: 2 << 20)
        with reserve.lend():
            pass
        assert (reserve.size, reserve.is_short) == (2 << 20, True)
    reserve.restore()
    assert (reserve.size, reserve.is_short) == (SIZE, False)


def test_less_is_taken_where_there_is_less_than_it_seemed(reserve: Reserve, monkeypatch: pytest.MonkeyPatch) -> None:
    allocate = module._allocate

    def refuse(path: Path, before: int, size: int) -> None:
        allocate(path, before, size)
        if size > SIZE // 2:
            raise OSError("planted")

    monkeypatch.setattr(module, "_allocate", refuse)
    reserve.top_up()
    assert reserve.size == SIZE // 2


def test_without_a_file_there_is_none() -> None:
    with opened() as database:
        database.reserve.top_up()
        assert (database.reserve.size, database.reserve.is_short) == (0, False)


class Full:
    """A command that finds no room until its connection's database has a reserve to give, or ever."""

    def __init__(self, reserve: Reserve, ever: bool = False) -> None:
        self._reserve = reserve
        self._ever = ever
        self.runs = 0

    def __call__(self, connection: Connection) -> tuple[Any, list[Change]]:
        self.runs += 1
        if not self._reserve.is_lent or self._ever:
            connection.exec_driver_sql("PRAGMA max_page_count = 1").all()  # of this connection alone
        return create(PROJECTS, project("large", display_name="x" * 1_000_000))(connection)


@pytest.fixture
def database(file_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(module, "MAX_BYTES", SIZE)
    with opened(file_url) as database:
        yield database


def _errors(group: list[Task[Any]]) -> list[type[BaseException]]:
    return [type(task.error) for task in group if task.error is not None]


async def test_what_makes_room_gets_it_and_nothing_else_does(database: Database) -> None:
    database.reserve.top_up()
    group = group_of(Full(database.reserve), create(PROJECTS, project("other")))
    group[0].frees = True
    commit = GroupCommit(database).write(group)
    assert commit is not None
    assert [change.key for change in commit.changes] == ["large"]
    assert _errors(group) == _errors(group[1:]) == [DiskFullError]
    assert (database.reserve.size, database.reserve.is_short) == (SIZE, False)


@pytest.mark.parametrize(("frees", "runs"), [(True, 2), (False, 1)])
async def test_what_finds_no_room_is_not_tried_for_ever(database: Database, frees: bool, runs: int) -> None:
    database.reserve.top_up()
    command = Full(database.reserve, ever=True)
    group = group_of(command)
    group[0].frees = frees
    assert GroupCommit(database).write(group) is None
    assert (_errors(group), command.runs) == ([DiskFullError], runs)
    assert database.reserve.size == SIZE


async def test_without_a_reserve_it_is_refused_and_the_next_one_stored(database: Database) -> None:
    commits = GroupCommit(database)
    group = group_of(Full(database.reserve))
    group[0].frees = True
    assert commits.write(group) is None
    assert _errors(group) == [DiskFullError]
    assert commits.write(group_of(create(PROJECTS, project("next")))) is not None


def test_it_holds_the_log_and_a_group_of_writes() -> None:
    """A checkpoint needs as much as the log holds, at the most; the next group, what it writes."""
    assert sqlite._LOG_PAGES * 4096 + writer.MAX_BYTES_A_COMMIT <= MAX_BYTES
