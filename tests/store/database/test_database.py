"""Opening a database: where it is, whose it is, and what the driver's errors become."""

import asyncio
import sqlite3
import stat
import threading
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from millstream_service.errors import (
    DiskFullError,
    MillstreamServiceError,
    QueryFailedError,
    StoreBusyError,
    StoreCorruptError,
    StoreUnavailableError,
)
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import THREADS, Lane
from millstream_service.store.engines import sqlite
from millstream_service.store.entities import rows
from tests.databases import SQLITE
from tests.deadline import patience
from tests.store.conftest import Write
from tests.store.family import create, project


def pragma(database: Database, name: str, *, writer: bool = False) -> object:
    if writer:
        with database.connect_writer() as connection, connection.begin():
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()
    return database.read_now(lambda connection: connection.exec_driver_sql(f"PRAGMA {name}").scalar())


def test_an_answered_write_survives_a_power_cut(file_url: str) -> None:
    database = Database(file_url).open()
    try:
        assert pragma(database, "journal_mode", writer=True) == "wal"
        assert pragma(database, "synchronous", writer=True) == 2, "FULL"
    finally:
        database.close()


@pytest.mark.parametrize("database_kind", SQLITE, indirect=True)
@pytest.mark.parametrize("writer", [True, False], ids=["writer", "reader"])
def test_every_connection_is_set_up(database: Database, writer: bool) -> None:
    assert pragma(database, "foreign_keys", writer=writer) == 1
    assert pragma(database, "temp_store", writer=writer) == 2, "MEMORY"
    assert pragma(database, "busy_timeout", writer=writer) == 5_000


def test_a_reader_can_not_write(database: Database) -> None:
    with pytest.raises(MillstreamServiceError):
        database.read_now(create(PROJECTS, project()))
    assert database.read_now(build_queries.project_ids) == []


def test_each_memory_database_is_one_of_its_own() -> None:
    one, other = Database("sqlite:///:memory:").open(), Database("sqlite://").open()
    try:
        with (writer := one.connect_writer()).begin():
            rows.create(writer, PROJECTS, project())
        assert one.read_now(build_queries.project_ids) == ["app"]
        assert other.read_now(build_queries.project_ids) == []
        assert one.store_id != other.store_id
    finally:
        one.close()
        other.close()


def test_a_read_sees_one_state_whatever_is_written_meanwhile(lasting_url: str) -> None:
    database = Database(lasting_url).open()

    def read(connection: object) -> tuple[list[str], list[str]]:
        before = build_queries.project_ids(connection)  # type: ignore[arg-type]
        thread = threading.Thread(target=write_one)
        thread.start()
        thread.join()
        return before, build_queries.project_ids(connection)  # type: ignore[arg-type]

    def write_one() -> None:
        with (writer := database.connect_writer()).begin():
            rows.create(writer, PROJECTS, project())

    try:
        assert database.read_now(read) == ([], [])
        assert database.read_now(build_queries.project_ids) == ["app"]
    finally:
        database.close()


@pytest.mark.parametrize("lane", Lane)
async def test_however_much_one_kind_reads_every_other_goes_on(file_url: str, lane: Lane) -> None:
    database = Database(file_url).open()
    let_go = threading.Event()

    def long(_connection: object) -> bool:
        return let_go.wait(patience(60))

    held_up = [asyncio.create_task(database.read(long, lane)) for _ in range(3 * THREADS[lane])]
    try:
        async with asyncio.timeout(patience(20)):
            for other in set(Lane) - {lane}:
                assert await database.read(build_queries.project_ids, other) == []
        let_go.set()
        assert all(await asyncio.gather(*held_up))
    finally:
        let_go.set()
        database.close()


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "of its own" / "millstream.sqlite3"
    database = Database(f"sqlite:///{path}").open()
    try:
        with (writer := database.connect_writer()).begin():
            rows.create(writer, PROJECTS, project())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes.keys() >= {"millstream.sqlite3", "millstream.sqlite3-wal"}
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        database.close()


def test_a_store_is_the_same_one_when_it_is_opened_again(lasting_url: str) -> None:
    first = Database(lasting_url).open()
    first.close()
    second = Database(lasting_url).open()
    second.close()
    assert (first.store_id, first.secret) == (second.store_id, second.secret)
    assert (len(first.store_id), len(first.secret)) == (16, 32)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError) as caught:
        Database(f"sqlite:///{tmp_path / 'file' / 'millstream.sqlite3'}").open()
    assert str(tmp_path) not in caught.value.message, "no path of the server's in a text that clients see"


@pytest.mark.parametrize("url", ["mysql://localhost/millstream", "postgresql+asyncpg://localhost/x", "nonsense", ""])
def test_what_is_no_url_of_a_database_we_know(url: str) -> None:
    with pytest.raises(StoreUnavailableError):
        Database(url)


def test_a_read_only_database_says_so(file_url: str) -> None:
    Database(file_url).open().close()
    path = file_url.removeprefix("sqlite:///")
    read_only = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreUnavailableError):
        read_only.open()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_FULL", DiskFullError),
        ("SQLITE_IOERR_WRITE", DiskFullError),
        ("SQLITE_BUSY", StoreBusyError),
        ("SQLITE_BUSY_SNAPSHOT", StoreBusyError),
        ("SQLITE_LOCKED", StoreBusyError),
        ("SQLITE_CORRUPT", StoreCorruptError),
        ("SQLITE_CORRUPT_INDEX", StoreCorruptError),
        ("SQLITE_NOTADB", StoreCorruptError),
        ("SQLITE_READONLY", StoreUnavailableError),
        ("SQLITE_CANTOPEN_ISDIR", StoreUnavailableError),
        ("SQLITE_IOERR_READ", StoreUnavailableError),
        ("SQLITE_CONSTRAINT_CHECK", QueryFailedError),
        ("SQLITE_ERROR", QueryFailedError),
        ("", QueryFailedError),
    ],
)
def test_the_drivers_errors_become_ours_without_its_text(name: str, kind: type[MillstreamServiceError]) -> None:
    error = sqlite3.OperationalError("no such table: secrets")
    error.sqlite_errorname = name
    ours = sqlite.translate(OperationalError("SELECT * FROM secrets", {}, error))
    assert type(ours) is kind
    assert "secrets" not in ours.message


@pytest.mark.parametrize(("statement", "kind"), [(None, DiskFullError), ("SELECT 1", StoreUnavailableError)])
def test_a_driver_that_tells_no_more_than_an_io_error(
    statement: str | None, kind: type[MillstreamServiceError]
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR"
    assert type(sqlite.translate(OperationalError(statement, None, error))) is kind


def test_a_failed_read_leaves_the_next_one_unharmed(database: Database, write: Write) -> None:
    write(create(PROJECTS, project()))
    with pytest.raises(QueryFailedError):
        database.read_now(lambda connection: connection.exec_driver_sql("SELECT * FROM nowhere"))
    assert database.read_now(partial(rows.get, resource=PROJECTS, key="app"))["name"] == "app"
