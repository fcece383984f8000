"""Which rows a list that is watched reads again: those that changed since, by any writer, and no others."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection

from millstream_service import background
from millstream_service.reactive import rounds
from millstream_service.reactive.observation import Delta, Query
from millstream_service.reactive.regions import listed
from millstream_service.reactive.values import Single, Value
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.writing.writer import Writer
from tests.reactive.observing import Sky, sky
from tests.store.family import create, project


@dataclass
class Noted:
    """The ids of all projects; notes how they were read: None for whole, or the keys that had changed."""

    reads: list[frozenset[str] | None] = field(default_factory=list)

    @property
    def query(self) -> Query:
        return Query(("projects",), (listed("projects"),), self._fetch, delta=Delta("projects", self._again))

    def _fetch(self, connection: Connection, _previous: Value | None) -> Value:
        self.reads.append(None)
        return _ids(connection)

    def _again(self, connection: Connection, _previous: Value, keys: Collection[str]) -> Value:
        self.reads.append(frozenset(keys))
        return _ids(connection)


def _ids(connection: Connection) -> Single:
    return Single(",".join(sorted(build_queries.project_ids(connection))).encode())


async def _hear_nothing(it: Sky) -> None:
    """Hear only of our own commits from now on."""
    await background.stop(*vars(it.commits)["_tasks"])


async def _add_elsewhere(it: Sky, key: str) -> None:
    """Store a project as another process would: nobody here hears of the commit."""
    writer = Writer(it.database, lambda _commit: None, it.supervisor)
    writer.start()
    try:
        await writer.submit(create(PROJECTS, project(key)))
    finally:
        await writer.close()


@pytest.fixture
async def it(lasting_url: str) -> AsyncIterator[Sky]:
    async with sky(lasting_url) as it:
        yield it


async def test_only_what_changed_is_read_again(it: Sky) -> None:
    noted = Noted()
    reader = it.watch(noted.query)
    await reader.shows(b"")
    assert noted.reads == [None]
    await it.add("a")
    await reader.shows(b"a")
    await it.add("b", "c")
    await reader.shows(b"a,b,c")
    assert None not in noted.reads[1:]
    assert noted.reads[1] == frozenset("a")
    assert frozenset().union(*filter(None, noted.reads[2:])) == frozenset("bc")
    await reader.leave()


async def test_a_change_that_stands_for_many_rows_has_all_be_read(it: Sky) -> None:
    noted = Noted()
    reader = it.watch(noted.query)
    await reader.shows(b"")
    await it.add("a")
    await reader.shows(b"a")
    many = Change("projects", "", Operation.UPDATE)
    await it.writer.submit(lambda _connection: (None, [many]))
    await it.add("b")
    await reader.shows(b"a,b")
    assert None in noted.reads[2:]
    await it.add("c")
    await reader.shows(b"a,b,c")
    assert noted.reads[-1] == frozenset("c")
    await reader.leave()


async def test_what_others_have_committed_is_read_with_it(it: Sky) -> None:
    """Though nobody has heard of it yet: a value is of the revision that it carries."""
    await _hear_nothing(it)
    noted = Noted()
    reader = it.watch(noted.query)
    await reader.shows(b"")
    await _add_elsewhere(it, "other")
    await it.add("ours")
    await reader.shows(b"other,ours")
    assert noted.reads == [None, frozenset({"other", "ours"})]
    await reader.leave()


@pytest.mark.parametrize("bound", ["MAX_CHANGED_ROWS", "MAX_UNPUBLISHED_COMMITS"])
async def test_where_too_much_has_changed_all_is_read(it: Sky, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(rounds, bound, 1)
    await _hear_nothing(it)
    noted = Noted()
    reader = it.watch(noted.query)
    await reader.shows(b"")
    await _add_elsewhere(it, "a")
    await _add_elsewhere(it, "b")
    await it.add("c")
    await reader.shows(b"a,b,c")
    assert noted.reads[1] is None
    await reader.leave()


async def test_after_all_was_told_to_read_again_all_is_read(it: Sky) -> None:
    noted = Noted()
    reader = it.watch(noted.query)
    await reader.shows(b"")
    await it.add("a")
    await reader.shows(b"a")
    it.regions.publish_all()
    await it.add("b")
    await reader.shows(b"a,b")
    assert noted.reads[2] is None
    await reader.leave()
