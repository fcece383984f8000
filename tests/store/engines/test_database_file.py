"""Who has a database's file, and whether it still is the one that was opened."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.errors import OutcomeUnknownError, StoreBusyError, StoreUnavailableError
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.engines import sqlite_driver
from millstream_service.store.engines.database_file import DatabaseFile
from millstream_service.store.engines.sqlite_driver import Version
from millstream_service.store.history import queries
from millstream_service.store.history.changes import Change
from millstream_service.store.upkeep.check import check
from millstream_service.store.upkeep.copying import Progress, copy
from millstream_service.store.writing.commands import Command
from millstream_service.store.writing.group_commit import GroupCommit
from tests.store.family import create, group_of, project
from tests.store.opening import MEMORY, file_of, opened

OLD: Version = (3, 40, 1)
NEW: Version = (3, 51, 3)
UsingVersion = Callable[[Version], None]


def creating(key: str) -> Command[Any]:
    return create(PROJECTS, project(key))


@pytest.fixture
def using(monkeypatch: pytest.MonkeyPatch) -> UsingVersion:
    """Pretend that the SQLite we work with is of a version, from now on."""
    return lambda version: monkeypatch.setattr(sqlite_driver, "version", lambda: version)


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 52, 0), (4, 0, 0)])
def test_a_mended_sqlite_may_share_a_file(using: UsingVersion, version: Version) -> None:
    using(version)
    assert sqlite_driver.is_safe_to_share()


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 3), (3, 50, 6), (3, 51, 2)])
def test_an_sqlite_with_the_fault_may_not(using: UsingVersion, version: Version) -> None:
    using(version)
    assert not sqlite_driver.is_safe_to_share()


def test_where_there_is_a_wheel_sqlite_is_a_current_one() -> None:
    pytest.importorskip("pysqlite3", reason="there is no wheel of it here")
    assert sqlite_driver.is_safe_to_share()


def test_the_store_works_with_the_driver_that_says_so(file_url: str) -> None:
    with opened(file_url) as database:
        version = database.read_now(lambda connection: connection.exec_driver_sql("SELECT sqlite_version()").scalar())
        assert version == sqlite_driver.version_text()


def test_processes_with_a_mended_sqlite_share_a_file(using: UsingVersion, file_url: str) -> None:
    using(NEW)
    with opened(file_url), opened(file_url):
        assert check(file_url) == []


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (OLD, OLD, "SQLite 3.40.1 may lose writes .* stop that one, or install pysqlite3 for both"),
        (NEW, OLD, "SQLite 3.40.1 may lose writes .* stop that one, or install pysqlite3 for both"),
        (OLD, NEW, "uses an old SQLite .* install pysqlite3 for it"),
    ],
)
def test_with_an_old_one_a_process_has_it_alone(
    using: UsingVersion, file_url: str, tmp_path: Path, first: Version, second: Version, said: str
) -> None:
    using(first)
    with opened(file_url) as database:
        using(second)
        linked = tmp_path / "link.sqlite3"
        linked.symlink_to(file_of(file_url))
        for others in (
            lambda: Database(file_url).open(),
            lambda: Database(file_url).upgrade(),
            lambda: Database(f"sqlite:///{linked}").open(),
            lambda: check(file_url),
            lambda: copy(file_url, MEMORY, lambda _: None),
            lambda: copy(MEMORY, file_url, lambda _: None),
        ):
            with pytest.raises(StoreBusyError, match=said):
                others()
        assert database.read_now(queries.revision) == 0
    assert check(file_url) == [], "once the first has ended, the second gets it"


def test_databases_in_memory_are_each_their_own(using: UsingVersion) -> None:
    using(OLD)
    with opened() as one, opened():
        assert one.file.why_alone is None


def test_why_it_is_alone_is_said(using: UsingVersion, file_url: str) -> None:
    using(OLD)
    with opened(file_url) as database:
        assert "SQLite 3.40.1 may lose writes" in (database.file.why_alone or "")
        using(NEW)
        assert database.file.why_alone is None


def _unlink(file: Path) -> None:
    file.unlink()


def _replace(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    file.with_suffix(".copy").replace(file)


def _move(file: Path) -> None:
    file.rename(file.with_suffix(".moved"))


def _remove_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def _replace_folder(file: Path) -> None:
    """As who restores a backup of the whole folder does."""
    shutil.copytree(file.parent, file.parent.with_suffix(".copy"))
    file.parent.rename(file.parent.with_suffix(".old"))
    file.parent.with_suffix(".copy").rename(file.parent)


def _unlink_log(file: Path) -> None:
    Path(f"{file}-wal").unlink()


def _replace_log(file: Path) -> None:
    _replace(Path(f"{file}-wal"))


def _unlink_index(file: Path) -> None:
    Path(f"{file}-shm").unlink()


def _move_all(file: Path, to: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").rename(f"{to}{suffix}")


def _unlink_all_but_the_file(file: Path) -> None:
    for suffix in ("-wal", "-shm", "-lock"):
        Path(f"{file}{suffix}").unlink()


MISHAPS: list[Callable[[Path], None]] = [
    _unlink,
    _replace,
    _move,
    _remove_folder,
    _replace_folder,
    _unlink_log,
    _replace_log,
    _unlink_index,
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a database in a folder of its own, beside which nothing is that a test needs."""
    return f"sqlite:///{tmp_path / 'data' / 'millstream.sqlite3'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with opened(url) as database:
        yield database


def _revision(database: Database) -> int:
    return database.read_now(queries.revision)


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__.strip("_"))
async def test_what_befalls_the_file_is_told_to_writers_and_readers(
    database: Database, url: str, mishap: Callable[[Path], None]
) -> None:
    group = GroupCommit(database)
    assert group.write(group_of(creating("before"))) is not None
    mishap(file_of(url))
    lost = group_of(creating("after"))
    assert group.write(lost) is None
    assert isinstance(lost[0].error, StoreUnavailableError)
    assert "nothing is stored" in lost[0].error.message
    with pytest.raises(StoreUnavailableError, match="while it was open"):
        _revision(database)


async def test_what_comes_back_goes_on(database: Database, url: str) -> None:
    group, file = GroupCommit(database), file_of(url)
    _move_all(file, file.with_suffix(".moved"))
    assert group.write(group_of(creating("lost"))) is None
    _move_all(file.with_suffix(".moved"), file)
    assert group.write(group_of(creating("kept"))) is not None
    assert _revision(database) == 1


async def test_a_file_that_goes_during_a_commit_leaves_the_outcome_unknown(database: Database, url: str) -> None:
    def go(_connection: Connection) -> tuple[None, tuple[Change, ...]]:
        file_of(url).unlink()
        return None, ()

    group = group_of(creating("lost"), go)
    assert GroupCommit(database).write(group) is None
    assert [type(task.error) for task in group] == [OutcomeUnknownError] * 2


def test_a_new_connection_does_not_lead_to_another_file(database: Database, url: str) -> None:
    """Nobody has looked at the file yet: a reading thread that connects for the first time does."""
    _replace(file_of(url))
    with pytest.raises(StoreUnavailableError, match="was replaced"):
        _revision(database)


async def test_who_ends_leaves_the_log_of_those_who_came_after(url: str) -> None:
    """SQLite deletes a log by its name, with the last connection; but not where the database is no longer there."""
    file = file_of(url)
    with ExitStack() as ours, ExitStack() as theirs:
        ours.enter_context(opened(url))
        _replace_folder(file)
        _unlink_all_but_the_file(file)
        other = theirs.enter_context(opened(url))
        assert GroupCommit(other).write(group_of(creating("theirs"))) is not None
        ours.close()
        assert other.file.look() is None
    assert check(url) == []


def test_a_copy_whose_target_goes_is_not_said_to_be_done(file_url: str, url: str) -> None:
    def report(progress: Progress) -> None:
        if progress.doing == "comparing" and file_of(url).exists():
            _unlink(file_of(url))

    with opened(file_url), pytest.raises(StoreUnavailableError, match="was removed"):
        copy(file_url, url, report)


def test_a_look_says_what_is_wrong_and_a_refusal_costs_nothing(url: str) -> None:
    with opened(url):
        file = DatabaseFile(file_of(url))
        file.remember()
        _move(file_of(url))
        file.refuse()
        assert "the database's file was removed" in (file.look() or "")
        with pytest.raises(StoreUnavailableError):
            file.refuse()
