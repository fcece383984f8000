"""What is too much for one statement of PostgreSQL is deleted all the same: in steps, each of them short."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
from sqlalchemy import func, insert, select, text

from millstream.builds.v1.backend_service_pb2 import DeleteProjectRequest
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream_service.errors import StoreBusyError
from millstream_service.store.builds.tables import BUILDS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Database, Reader
from millstream_service.store.engines import postgres
from millstream_service.store.entities import deletions, purge
from millstream_service.store.writing import pacing
from tests.deadline import until
from tests.running import running
from tests.store.opening import opened, writing
from tests.store.stored import add, build_row

pytestmark = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
BUILD_COUNT = 1_200
_SLOWLY = (
    "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.001); RETURN OLD; END'",
    "CREATE TRIGGER slowly BEFORE DELETE ON builds FOR EACH ROW EXECUTE FUNCTION slowly()",
)


@contextmanager
def slow_deletes(url: str) -> Iterator[None]:
    """Have each build take a millisecond to be deleted, as long as the block."""
    for statement in _SLOWLY:
        with writing(url) as connection:
            connection.execute(text(statement))
    try:
        yield
    finally:
        with writing(url) as connection:
            connection.execute(text("DROP FUNCTION slowly CASCADE"))


def _left(connection: Reader) -> int:
    rows = connection.execute(select(func.count()).select_from(BUILDS.table)).scalar_one()
    return int(rows) + len(deletions.oldest(connection))


async def test_a_large_project_is_deleted_under_a_small_statement_timeout(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SESSION["writer"], "statement_timeout", "1000")
    monkeypatch.setattr(purge, "MAX_ROWS", 20)
    monkeypatch.setattr(pacing, "PAUSES", 0.0)
    with writing(database_url) as connection:
        add(connection, PROJECTS)
        add(connection, SCHEMES)
        above = {"scheme_id": "debug", "project_bundle_identifier": "app"}
        connection.execute(insert(BUILDS.table), [build_row(f"b{n}") | above for n in range(BUILD_COUNT)])
    with slow_deletes(database_url), opened(database_url) as database:
        with pytest.raises(StoreBusyError):
            _delete_at_once(database)
        async with running(database_url) as service, grpc.aio.insecure_channel(service.address) as channel:
            await BackendServiceStub(channel).DeleteProject(DeleteProjectRequest(id="app"))
            await until(lambda: not database.read_now(_left), "all of it was taken away", 60)


def _delete_at_once(database: Database) -> None:
    """Delete all builds by one statement, which is too slow."""
    with database.translating(), database.connect_writer() as connection, connection.begin():
        connection.execute(BUILDS.table.delete())
