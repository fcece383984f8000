"""A store that was restored from a backup is another one, however that was done; one that was only started is not."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, update

from millstream_service.errors import StoreBusyError
from millstream_service.store.agents import encryption
from millstream_service.store.agents.tables import CONFIG_ENTRIES
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.database.renewal import renew
from millstream_service.store.engines.sqlite_driver import DRIVER
from millstream_service.store.schema.models import STATE
from millstream_service.store.upkeep.check import check
from millstream_service.store.upkeep.copying import copy
from millstream_service.store.writing.group_commit import GroupCommit
from tests.store.family import create, group_of, project
from tests.store.opening import beside, file_of, opened, writing
from tests.store.secrets import SECRETS, fill, raw

Identity = tuple[bytes, bytes]
Step = Callable[[Path, Path], None]
"""What somebody does with the file of a store, and one beside it."""


def write(url: str, *keys: str) -> Identity:
    """Store projects, each with a commit, as a service does; return who the store is."""
    with opened(url) as database:
        _write(database, *keys)
        return database.store_id, database.secret


def _write(database: Database, *keys: str) -> None:
    group_commit = GroupCommit(database)
    for key in keys:
        assert group_commit.write(group_of(create(PROJECTS, project(key)))) is not None


def _back_up(file: Path, to: Path) -> None:
    with beside(f"sqlite:///{file}") as source, closing(DRIVER.connect(to)) as target:
        source.backup(target)


def _vacuum_into(file: Path, to: Path) -> None:
    with beside(f"sqlite:///{file}") as source:
        source.execute("VACUUM INTO ?", [str(to)])


def _copy_onto(file: Path, backup: Path) -> None:
    shutil.copyfile(backup, file)


def _replace(file: Path, backup: Path) -> None:
    shutil.copyfile(backup, backup.with_suffix(".copy"))
    backup.with_suffix(".copy").rename(file)


def _remove_and_copy(file: Path, backup: Path) -> None:
    file.unlink()
    shutil.copyfile(backup, file)


def _remove_all_and_copy(file: Path, backup: Path) -> None:
    Path(f"{file}-lock").unlink()
    _remove_and_copy(file, backup)


def _restore_in_place(file: Path, backup: Path) -> None:
    with closing(DRIVER.connect(backup)) as source, closing(DRIVER.connect(file)) as target:
        source.backup(target)


BACKUPS = [_back_up, _vacuum_into, shutil.copyfile]
RESTORES = [_copy_onto, _replace, _remove_and_copy, _remove_all_and_copy, _restore_in_place]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite3"


@pytest.mark.slow(1)
@pytest.mark.parametrize("restore", RESTORES, ids=lambda step: step.__name__.strip("_"))
@pytest.mark.parametrize("back_up", BACKUPS, ids=lambda step: step.__name__.strip("_"))
async def test_a_restored_store_is_another_one_each_time(
    file_url: str, backup: Path, back_up: Step, restore: Step
) -> None:
    seen = {write(file_url, "first")}
    back_up(file_of(file_url), backup)
    for times in (1, 2):
        seen.add(write(file_url, "lost"))
        restore(file_of(file_url), backup)
        seen.add(write(file_url, "other"))
        assert len(seen) == 1 + times
        assert check(file_url) == []
    assert write(file_url, "more") in seen, "it stays who it is"
    assert len({store_id for store_id, _ in seen}) == len({secret for _, secret in seen}) == 3


@pytest.mark.parametrize("restore", RESTORES, ids=lambda step: step.__name__.strip("_"))
async def test_what_was_backed_up_while_it_ran_is_another_one(file_url: str, backup: Path, restore: Step) -> None:
    with opened(file_url) as database:
        _write(database, "first")
        _back_up(file_of(file_url), backup)
        _write(database, "lost")
        before = database.store_id
    restore(file_of(file_url), backup)
    assert write(file_url, "other")[0] != before


async def test_a_backup_from_before_places_were_kept_is_another_one(file_url: str, backup: Path) -> None:
    before = write(file_url, "first")
    with writing(file_url) as connection:
        connection.execute(update(STATE).values(place=None))
    shutil.copyfile(file_of(file_url), backup)
    assert write(file_url, "lost") == before
    _copy_onto(file_of(file_url), backup)
    assert write(file_url) != before


async def test_a_copy_is_another_store_and_the_first_stays(file_url: str, backup: Path) -> None:
    before = write(file_url, "first")
    shutil.copyfile(file_of(file_url), backup)
    assert write(f"sqlite:///{backup}") != before
    assert write(file_url) == before


def _nothing(_file: Path, _other: Path) -> None:
    """It is only started again."""


def _checkpoint(file: Path, _other: Path) -> None:
    with beside(f"sqlite:///{file}") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _vacuum(file: Path, _other: Path) -> None:
    with beside(f"sqlite:///{file}") as connection:
        connection.execute("VACUUM")


def _move_there_and_back(file: Path, other: Path) -> None:
    file.rename(other)
    other.rename(file)


def _move_the_folder(file: Path, _other: Path) -> None:
    moved = file.parent.rename(file.parent.with_suffix(".moved"))
    file.parent.mkdir()
    for one in moved.iterdir():
        one.rename(file.parent / one.name)


KEEPING = [_nothing, _checkpoint, _vacuum, _move_there_and_back, _move_the_folder]


@pytest.mark.parametrize("step", KEEPING, ids=lambda step: step.__name__.strip("_"))
async def test_it_stays_who_it_is(file_url: str, backup: Path, step: Step) -> None:
    before = write(file_url, "first")
    step(file_of(file_url), backup)
    assert write(file_url, "second") == before


async def test_moved_with_its_lock_it_stays_who_it_is(file_url: str, backup: Path) -> None:
    before = write(file_url, "first")
    _move_with_lock(file_of(file_url), backup)
    assert write(f"sqlite:///{backup}", "second") == before


def _move_with_lock(file: Path, to: Path) -> None:
    for suffix in ("", "-lock"):
        Path(f"{file}{suffix}").rename(f"{to}{suffix}")


async def test_started_again_it_is_the_same_on_every_engine(lasting_url: str) -> None:
    before = write(lasting_url, "first")
    with opened(lasting_url) as one, opened(lasting_url) as other:
        assert before == (one.store_id, one.secret) == (other.store_id, other.secret)
    assert write(lasting_url) == before


async def test_of_services_that_open_a_restored_store_at_once_all_have_one_id(file_url: str, backup: Path) -> None:
    before = write(file_url, "first")
    shutil.copyfile(file_of(file_url), backup)
    write(file_url, "lost")
    _copy_onto(file_of(file_url), backup)
    with opened(file_url) as one, opened(file_url) as other:
        assert one.store_id == other.store_id != before[0]


async def test_a_store_that_moved_by_copying_stays_who_it_is(file_url: str, empty_url: str, tmp_path: Path) -> None:
    source = f"sqlite:///{tmp_path / 'source.sqlite3'}"
    before = write(source, "first")
    copy(source, empty_url, lambda _: None)
    assert write(empty_url, "second") == before


async def test_a_renewed_store_is_another_one_and_its_secrets_open(lasting_url: str) -> None:
    with opened(lasting_url) as database:
        fill(database, raw(1))
        before = database.store_id, database.secret
    store_id = renew(lasting_url)
    with opened(lasting_url) as database:
        assert database.store_id == store_id != before[0]
        assert database.secret != before[1]
        vault = encryption.unlock(database, raw(1))
        rows = database.read_now(lambda connection: connection.execute(select(CONFIG_ENTRIES.table)).all())
        for row in rows:
            vault.check(row.key, encrypted=row.encrypted, value=row.value, seal=row.seal)
        assert {row.key for row in rows if row.encrypted} == set(SECRETS)
    assert check(lasting_url) == []


async def test_the_store_of_a_service_is_not_renewed(file_url: str) -> None:
    with opened(file_url) as database:
        with pytest.raises(StoreBusyError, match="another process has the database open: stop that one"):
            renew(file_url)
        before = database.store_id
    assert write(file_url)[0] == before
