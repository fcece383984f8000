"""Writes while the database is away: the first group waits for it, the others fail at once, until it is back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from millstream_service.errors import StoreUnavailableError
from millstream_service.store.database.database import Database
from millstream_service.store.history import queries
from millstream_service.store.writing import group_commit
from millstream_service.store.writing.commands import Task
from millstream_service.store.writing.group_commit import PATIENCE_SECONDS, GroupCommit
from tests.store.family import family, group_of
from tests.store.opening import opened


class Away:
    """A database that is away for as long as is said, and a clock that goes on only while somebody waits for it."""

    def __init__(self, database: Database, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.back_at = 0.0
        self._connect = database.connect_writer
        patch.setattr(database, "connect_writer", self._connect_or_fail)
        patch.setattr(database, "may_work_again", lambda _error: True)
        patch.setattr(database.engine, "lost", lambda _error: True)
        patch.setattr(database.engine, "translate", lambda _error: StoreUnavailableError("the database is away"))
        patch.setattr(group_commit, "time", self)

    def _connect_or_fail(self) -> Connection:
        if self.now < self.back_at:
            raise OperationalError("", None, Exception("connection refused"))
        return self._connect()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def database() -> Iterator[Database]:
    with opened() as database:
        yield database


@pytest.fixture
def away(database: Database, monkeypatch: pytest.MonkeyPatch) -> Away:
    return Away(database, monkeypatch)


def _group() -> list[Task[None]]:
    return group_of(lambda _connection: (None, ()))


async def test_a_group_waits_for_a_database_that_comes_back(database: Database, away: Away) -> None:
    away.back_at = PATIENCE_SECONDS / 2
    group = group_of(lambda connection: (None, family(connection)))
    assert GroupCommit(database).write(group) is not None
    assert group[0].error is None
    assert database.read_now(queries.revision) == 1


async def test_one_group_waits_in_vain_and_those_behind_it_fail_at_once(database: Database, away: Away) -> None:
    commit = GroupCommit(database)
    away.back_at = 1_000.0
    for waited in (True, False, False):
        before, group = away.now, _group()
        assert commit.write(group) is None
        assert isinstance(group[0].error, StoreUnavailableError)
        assert (away.now - before >= PATIENCE_SECONDS) == waited
        assert waited or away.now == before
    away.now = away.back_at
    assert commit.write(_group()) is not None
    commit._forget_connection()
    before, away.back_at = away.now, 2_000.0
    assert commit.write(_group()) is None
    assert away.now - before >= PATIENCE_SECONDS, "it had been back: so it is waited for again"
