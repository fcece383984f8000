"""What only PostgreSQL can do wrong: its languages, its errors, its connections, and two who write at once."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import errors as postgres_errors
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

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
from millstream_service.store.engines import postgres
from millstream_service.store.entities import rows
from millstream_service.store.history import change_log, queries
from tests.databases import NewUrl
from tests.deadline import patience
from tests.postgres.server import PostgresServer
from tests.store.conftest import Write
from tests.store.opening import opened
from tests.store.stored import project_row

pytestmark = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


def setting(database: Database, name: str, *, writer: bool) -> str:
    query = text(f"SHOW {name}")
    if writer:
        with database.connect_writer() as connection, connection.begin():
            return str(connection.execute(query).scalar_one())
    return database.read_now(lambda connection: str(connection.execute(query).scalar_one()))


def test_every_text_is_ordered_by_its_bytes(database: Database) -> None:
    query = "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE data_type = 'text'"
    mine = f"{query} AND table_schema = 'public' AND table_name <> 'alembic_version'"
    found = database.read_now(lambda connection: connection.execute(text(mine)).all())
    assert len(found) > 20
    assert [f"{table}.{column}" for table, column, collation in found if collation != "C"] == []


def test_ids_are_listed_in_the_order_of_their_bytes(database: Database, write: Write) -> None:
    keys = ["b", "B", "a", "A", "ä", "_", "-", "é", "中", "1"]
    for key in keys:
        write(partial(rows.create, resource=PROJECTS, values=project_row(key)))
    assert database.read_now(build_queries.project_ids) == sorted(keys, reverse=True)


def test_a_reader_sees_one_state_and_writes_nothing(database: Database) -> None:
    assert setting(database, "transaction_isolation", writer=False) == "repeatable read"
    assert setting(database, "transaction_read_only", writer=False) == "on"


def test_a_writer_sees_all_that_was_committed_before_it_and_does_not_wait_for_ever(database: Database) -> None:
    assert setting(database, "transaction_isolation", writer=True) == "read committed"
    assert setting(database, "lock_timeout", writer=True) == "5s"
    assert setting(database, "statement_timeout", writer=True) == "1min"


def test_an_answered_write_survives_a_crash_whatever_the_servers_default(
    database: Database, database_url: str, postgres: PostgresServer
) -> None:
    name = make_url(database_url).database
    assert setting(database, "synchronous_commit", writer=True) == "on"
    for default, used in (("off", "on"), ("remote_apply", "remote_apply")):
        postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = {default}")
        assert setting(database, "synchronous_commit", writer=True) == used


def test_options_of_libpq_in_the_url_go_before_ours(database_url: str) -> None:
    url = f"{database_url}?options=-c%20lock_timeout%3D7s%20-c%20work_mem%3D5MB&application_name=mine&sslmode=disable"
    with opened(url) as database:
        found = [setting(database, name, writer=True) for name in ("lock_timeout", "work_mem", "application_name")]
    assert found == ["7s", "5MB", "mine"]


def test_a_database_of_another_encoding_is_refused(database_url: str, postgres: PostgresServer) -> None:
    del database_url
    postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(StoreUnavailableError, match="UTF8"):
            Database(postgres.url("latin")).open()
    finally:
        postgres.drop_database("latin")


def test_a_database_of_another_program_is_refused(new_url: NewUrl, postgres: PostgresServer) -> None:
    del new_url
    url = postgres.create_database("songs")
    try:
        postgres.execute("CREATE TABLE songs (title text)", database="songs")
        with pytest.raises(StoreUnavailableError, match="another program"):
            Database(url).open()
        assert postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database="songs") == [
            ("songs",)
        ]
    finally:
        postgres.drop_database("songs")


def refused(url: str) -> MillstreamServiceError:
    with pytest.raises(MillstreamServiceError) as caught:
        Database(url).open()
    for secret in ("127.0.0.1", "password", "s3cret", "nobody", "nowhere", "millstream_"):
        assert secret not in caught.value.message
    return caught.value


def test_a_server_that_can_not_be_reached_says_so(database_url: str) -> None:
    del database_url
    assert isinstance(refused("postgresql://nobody:s3cret@127.0.0.1:1/x"), StoreUnavailableError)


def test_a_database_that_is_not_there_says_so(database_url: str, postgres: PostgresServer) -> None:
    del database_url
    assert refused(postgres.url("nowhere")).message == "there is no such database"


def test_a_role_that_is_not_let_in_says_so(database_url: str) -> None:
    url = make_url(database_url).set(username="nobody", password="s3cret")
    assert isinstance(refused(url.render_as_string(hide_password=False)), StoreUnavailableError)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (postgres_errors.DiskFull, DiskFullError),
        (postgres_errors.LockNotAvailable, StoreBusyError),
        (postgres_errors.QueryCanceled, StoreBusyError),
        (postgres_errors.TooManyConnections, StoreBusyError),
        (postgres_errors.SerializationFailure, StoreBusyError),
        (postgres_errors.DeadlockDetected, StoreBusyError),
        (postgres_errors.AdminShutdown, StoreUnavailableError),
        (postgres_errors.CrashShutdown, StoreUnavailableError),
        (postgres_errors.CannotConnectNow, StoreUnavailableError),
        (postgres_errors.ConnectionFailure, StoreUnavailableError),
        (postgres_errors.ReadOnlySqlTransaction, StoreUnavailableError),
        (postgres_errors.IoError, StoreUnavailableError),
        (psycopg.OperationalError, StoreUnavailableError),
        (psycopg.InterfaceError, StoreUnavailableError),
        (postgres_errors.DataCorrupted, StoreCorruptError),
        (postgres_errors.IndexCorrupted, StoreCorruptError),
        (postgres_errors.UniqueViolation, QueryFailedError),
        (postgres_errors.UndefinedTable, QueryFailedError),
        (psycopg.DataError, QueryFailedError),
    ],
)
def test_errors_of_the_driver_become_ours(
    kind: type[psycopg.Error], expected: type[MillstreamServiceError], database_kind: str
) -> None:
    del database_kind
    error = DBAPIError.instance("SELECT 1", None, kind("server 10.0.0.1: secret"), psycopg.Error)
    assert isinstance(error, DBAPIError)
    ours = postgres.translate(error)
    assert type(ours) is expected
    assert "10.0.0.1" not in ours.message
    assert "SELECT" not in ours.message


def test_a_read_goes_on_by_a_new_connection_when_the_old_one_is_gone(
    database: Database, postgres: PostgresServer
) -> None:
    assert database.read_now(queries.revision) == 0
    _cut_off(postgres, database)
    assert database.read_now(queries.revision) == 0


def _cut_off(server: PostgresServer, database: Database) -> None:
    """End all sessions in the database, as the server does when it stops."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [str(database.url.database)]
    )


@pytest.fixture
def two(database_url: str) -> Iterator[tuple[Connection, Connection]]:
    """Connections of two services that write."""
    with opened(database_url) as one, opened(database_url) as other:
        yield one.connect_writer(), other.connect_writer()


def test_who_writes_second_waits_for_the_first_and_then_sees_what_it_wrote(two: tuple[Connection, Connection]) -> None:
    first, second = two
    order: list[Any] = []

    def write(connection: Connection, key: str) -> None:
        postgres.lock_writes(connection)
        order.append((key, build_queries.project_ids(connection)))
        changes = rows.create(connection, PROJECTS, project_row(key))[1]
        order.append(change_log.record(connection, changes).revision)

    def write_second() -> None:
        with second.begin():
            write(second, "second")

    thread = threading.Thread(target=write_second)
    with first.begin():
        write(first, "first")
        thread.start()
        thread.join(0.2)
        assert thread.is_alive(), "the second waits"
    thread.join(patience(20))
    assert order == [("first", []), 1, ("second", ["first"]), 2]
