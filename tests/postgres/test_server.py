"""The servers of the tests' own do what they are asked."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text

from tests.postgres import programs
from tests.postgres.server import PostgresServer, several

pytestmark = pytest.mark.skipif(programs.folder() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    """A server that may be harmed."""
    with PostgresServer() as server:
        yield server


def _rows(server: PostgresServer) -> int:
    return int(server.execute("SELECT count(*) FROM kept")[0][0])


def _connected(url: str) -> Engine:
    return create_engine(url, pool_size=0)


def test_a_database_is_the_ordinary_role_s_own(postgres: PostgresServer) -> None:
    for url in (postgres.create_database("owned"), postgres.socket_url("owned")):
        engine = _connected(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS things (name text)"))
            assert connection.execute(text("SELECT current_user")).scalar_one() == "millstream"
        engine.dispose()
    postgres.create_database("copied", template="owned")
    assert postgres.execute("SELECT count(*) FROM things", database="copied") == [(0,)]
    for name in ("owned", "copied"):
        postgres.drop_database(name)


def test_texts_are_ordered_as_in_english(postgres: PostgresServer) -> None:
    rows = postgres.execute("SELECT name FROM (VALUES ('B'), ('a')) AS names (name) ORDER BY name")
    assert rows == [("a",), ("B",)]


def test_what_was_committed_outlives_restarts_and_kills(own: PostgresServer) -> None:
    own.execute("CREATE TABLE kept (number int)")
    for life, end in enumerate((own.restart, lambda: own.restart("immediate"), own.kill)):
        own.execute("INSERT INTO kept VALUES (%s)", [life])
        end()
    with pytest.raises(psycopg.OperationalError):
        own.execute("SELECT 1")
    own.start()
    assert _rows(own) == 3


def test_a_standby_has_every_commit_and_takes_over(own: PostgresServer) -> None:
    own.execute("CREATE TABLE kept (number int)")
    standby = own.standby()
    try:
        own.execute("INSERT INTO kept VALUES (1)")
        url = several([own, standby], "postgres")
        assert _port(url) == own.port
        own.kill()
        standby.promote()
        assert _port(url) == standby.port
        assert _rows(standby) == 1
        standby.execute("INSERT INTO kept VALUES (2)")
    finally:
        standby.close()


def _port(url: str) -> int:
    """Return the port of the server that a client of this URL is led to."""
    engine = _connected(url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT inet_server_port()")).scalar_one())
    finally:
        engine.dispose()


def test_nothing_is_left_behind() -> None:
    with PostgresServer() as server:
        folder, port = server.folder, server.port
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=port, user="postgres")
