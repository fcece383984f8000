"""A schema is brought up to date all of the way, or the database stays as it was."""

import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from sqlite3.dump import _iterdump  # type: ignore[attr-defined]  # connections of pysqlite3 have no `iterdump`
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from millstream_service.errors import (
    MigrationFailedError,
    MillstreamServiceError,
    SchemaOutdatedError,
    StoreBusyError,
    StoreCorruptError,
    StoreUnavailableError,
)
from millstream_service.store import registry
from millstream_service.store.database import alembic_chain, migrate
from millstream_service.store.database.database import Database
from millstream_service.store.engines import sqlite
from millstream_service.store.engines.sqlite_driver import DRIVER
from millstream_service.store.schema.models import Model
from tests.deadline import patience
from tests.store.opening import MEMORY, beside, file_of, opened, writing

NEXT = '''"""One more table."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = {before!r}


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO projects SELECT 'new', '', '', '', '', '', 1, 0")
    {rest}
'''
T = TypeVar("T")
ADD_NEXT = Callable[[str], None]


@pytest.fixture
def add_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ADD_NEXT:
    """Adds one more migration, to a copy of ours, that ends with a statement."""
    folder = tmp_path / "migrations%"
    before = migrate.head()
    shutil.copytree(migrate._scripts_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))

    def add(rest: str) -> None:
        (folder / "versions" / "9999_next.py").write_text(NEXT.format(before=before, rest=rest))
        monkeypatch.setattr(migrate, "_scripts_folder", lambda: folder)

    return add


def tables(url: str) -> set[str]:
    with beside(url) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def dump(url: str) -> list[str]:
    with beside(url) as connection:
        return list(_iterdump(connection))


def test_the_newest_schema_is_that_of_the_last_file() -> None:
    chain = ScriptDirectory.from_config(alembic_chain.config(migrate._scripts_folder()))
    assert migrate.head() == chain.get_current_head()


def test_a_new_database_gets_all_of_the_schema(empty_url: str) -> None:
    database = Database(empty_url)
    assert database.upgrade() == (None, migrate.head())
    assert (len(database.store_id), len(database.secret)) == (16, 32)
    database.close()


def test_each_store_has_an_identity_and_a_secret_of_its_own() -> None:
    with opened(MEMORY) as one, opened(MEMORY) as other:
        assert one.store_id != other.store_id
        assert one.secret != other.secret


def test_what_is_up_to_date_stays_as_it_is(file_url: str) -> None:
    with opened(file_url) as first:
        identity = first.store_id, first.secret
    before = dump(file_url)
    database = Database(file_url)
    assert database.upgrade() == (migrate.head(), migrate.head())
    assert (database.store_id, database.secret) == identity
    database.close()
    assert dump(file_url) == before


def test_the_models_say_what_the_migrations_make(empty_url: str) -> None:
    with writing(empty_url) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Model.metadata) == []


def test_an_older_database_is_brought_up_to_date(lasting_url: str, add_next: ADD_NEXT) -> None:
    with opened(lasting_url):
        before = migrate.head()
    add_next("pass")
    database = Database(lasting_url)
    assert database.upgrade() == (before, "next")
    assert "half" in database.read_now(lambda connection: inspect(connection).get_table_names())
    database.close()


def test_many_that_start_at_once_bring_an_older_database_up_to_date(lasting_url: str, add_next: ADD_NEXT) -> None:
    with opened(lasting_url):
        before = migrate.head()
    add_next("pass")
    outcomes = _at_once(lambda: Database(lasting_url).upgrade())
    assert outcomes.count((before, "next")) == 1, outcomes
    assert outcomes.count(("next", "next")) == 3, outcomes


LONG = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n"


def test_who_starts_meanwhile_waits_as_long_as_a_migration_gets_on(
    file_url: str, add_next: ADD_NEXT, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(file_url):
        before = migrate.head()
    add_next(f'op.execute("{LONG}")')
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", patience(0.3))
    outcomes = _at_once(lambda: Database(file_url).upgrade())
    assert sorted(outcomes, key=str) == [(before, "next"), *[("next", "next")] * 3]


def test_who_starts_meanwhile_waits_for_a_new_file_too(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", patience(0.3))
    outcomes = _at_once(lambda: Database(file_url).upgrade())
    assert sorted(outcomes, key=str) == [(migrate.head(), migrate.head())] * 3 + [(None, migrate.head())]


@pytest.mark.parametrize("rest", ['op.execute("SELECT no_such_column")', "op.drop_constraint('x', 'projects')"])
def test_a_migration_that_fails_leaves_nothing_half_done(lasting_url: str, add_next: ADD_NEXT, rest: str) -> None:
    with opened(lasting_url) as database:
        before = database.read_now(_all_rows)
        add_next(rest)
        with pytest.raises(MigrationFailedError) as caught:
            Database(lasting_url).open()
        assert "no_such_column" not in caught.value.message
        assert database.read_now(_all_rows) == before
        assert "half" not in database.read_now(lambda connection: inspect(connection).get_table_names())


def test_a_new_database_whose_migration_fails_stays_empty(file_url: str, add_next: ADD_NEXT) -> None:
    add_next('op.execute("SELECT no_such_column")')
    with pytest.raises(MigrationFailedError):
        Database(file_url).open()
    assert tables(file_url) == set()


def test_a_database_of_a_newer_millstream_is_refused_as_it_is(lasting_url: str) -> None:
    with opened(lasting_url) as database:
        with database.connect_writer() as connection, connection.begin():
            connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))
        before = database.read_now(_all_rows)
        with pytest.raises(SchemaOutdatedError) as caught:
            Database(lasting_url).open()
        assert caught.value.metadata == {"database": "future", "service": migrate.head()}
        assert database.read_now(_all_rows) == before


def test_a_database_of_another_program_is_refused_as_it_is(file_url: str) -> None:
    with beside(file_url) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = file_of(file_url).read_bytes()
    with pytest.raises(StoreUnavailableError, match="another program"):
        Database(file_url).open()
    assert file_of(file_url).read_bytes() == before
    assert not file_of(file_url).with_name("millstream.sqlite3-wal").exists()


def test_a_file_that_is_no_database_is_refused_as_it_is(file_url: str) -> None:
    file_of(file_url).write_text("shopping list\n" * 1000)
    before = file_of(file_url).read_bytes()
    with pytest.raises(StoreCorruptError):
        Database(file_url).open()
    assert file_of(file_url).read_bytes() == before


def test_an_empty_file_is_a_new_database(file_url: str) -> None:
    file_of(file_url).touch()
    with opened(file_url) as database:
        assert database.store_id


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite+aiosqlite:///x", "no url", ""])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(StoreUnavailableError):
        Database(url).open()


def test_many_that_start_at_once_migrate_once(empty_url: str) -> None:
    def start() -> bytes:
        with opened(empty_url) as database:
            return database.store_id

    outcomes = _at_once(start)
    assert len(outcomes) == 4
    assert len(set(outcomes)) == 1, outcomes


def _at_once(work: Callable[[], T]) -> list[T | MillstreamServiceError]:
    """Do it four times at once; return what came of each."""
    outcomes: list[T | MillstreamServiceError] = []
    barrier = threading.Barrier(4)

    def one() -> None:
        barrier.wait(patience(10))
        try:
            outcomes.append(work())
        except MillstreamServiceError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(30))
    return outcomes


def _all_rows(connection: Connection) -> dict[str, list[Any]]:
    return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in registry.tables()}


def test_a_start_while_another_holds_the_lock_says_so(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(file_url):
        pass
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", 0.02)
    with beside(file_url) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError):
            Database(file_url).open()
    with opened(file_url):
        pass


def test_the_owner_alone_may_read_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'data' / 'millstream.sqlite3'}"
    with opened(url):
        path = file_of(url)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *path.parent.iterdir())}
    assert modes.pop("data") == 0o700
    assert modes.keys() >= {"millstream.sqlite3", "millstream.sqlite3-wal"}
    assert set(modes.values()) == {0o600}


def test_the_file_has_what_only_a_new_one_can_be_given(file_url: str) -> None:
    with opened(file_url):
        pass
    with beside(file_url) as connection:
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "auto_vacuum")]
    assert found == ["wal", 2]


def test_to_open_and_read_a_store_writes_nothing(file_url: str) -> None:
    for _ in range(2):  # made by the first, which also notes where it is
        with opened(file_url):
            pass
    path = file_of(file_url)
    before = path.read_bytes(), path.stat().st_mtime_ns
    with opened(file_url) as database:
        database.connect_writer()
        database.read_now(lambda connection: connection.execute(select(1)).scalar_one())
        assert path.with_name(f"{path.name}-wal").stat().st_size == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_database_in_memory_is_gone_with_its_end() -> None:
    with opened(MEMORY) as database:
        url = str(database.url.database)
        uri = f"{url}?vfs=memdb"
    connection = DRIVER.connect(uri, uri=True)
    assert connection.execute("SELECT * FROM sqlite_master").fetchall() == []
    connection.close()
