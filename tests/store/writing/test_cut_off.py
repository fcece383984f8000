"""A connection that is lost during a commit: what was stored is not stored again, and what was not is stored once."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream_service.errors import OutcomeUnknownError
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.history import queries
from millstream_service.store.logs import logs
from millstream_service.store.writing import group_commit
from millstream_service.store.writing.commands import Command
from millstream_service.store.writing.group_commit import GroupCommit
from tests.store.family import create, family, group_of, lines, project
from tests.thorough import PHASES

pytestmark = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
BEFORE, BEHIND = "before", "behind"
"""Where a commit is cut off: before the server has done it, or behind that."""


class Wire:
    """The writer's way to the database. The commits to come are cut off as `cuts` says."""

    def __init__(self, database: Database, patch: pytest.MonkeyPatch) -> None:
        self._commit = database._writer.dialect.do_commit
        self.cuts: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None
        patch.setattr(database._writer.dialect, "do_commit", self._do_commit)

    def _do_commit(self, connection: Any) -> None:
        cut = self.cuts.pop(0) if self.cuts else ""
        if cut != BEFORE:
            self._commit(connection)
        if cut:
            connection.driver_connection.close()
            self.meanwhile()
            raise psycopg.OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def wire(database: Database, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(database, monkeypatch)


@pytest.fixture
async def group(database: Database, wire: Wire) -> GroupCommit:
    """Who commits, on a store that has a build, at revision 1. `wire` is under it."""
    group = GroupCommit(database)
    assert group.write(group_of(lambda connection: (None, family(connection)))) is not None
    return group


def line(text: str) -> Command[Any]:
    """Return a command that would add a line each time that it is stored."""
    return partial(logs.append_line, build_id="build", encode=lines(text))


def texts(database: Database) -> list[str]:
    """Return the lines of the log."""

    def read(connection: Any) -> list[str]:
        chunks = logs.chunks_from(connection, "build", 1)
        return [entry.partition(" ")[2] for chunk in chunks for entry in chunk.messages.decode().splitlines()]

    return database.read_now(read)


@pytest.mark.parametrize("cut", [BEFORE, BEHIND])
async def test_a_commit_that_was_cut_off_is_stored_once(
    database: Database, wire: Wire, group: GroupCommit, cut: str
) -> None:
    wire.cuts = [cut]
    tasks = group_of(line("one"), line("two"))
    commit = group.write(tasks)
    assert commit is not None
    assert [task.error for task in tasks] == [None, None]
    assert texts(database) == ["one", "two"]
    assert commit.revision == database.read_now(queries.revision) == 2


async def test_anothers_commit_of_the_same_revision_is_not_taken_for_ours(
    database: Database, wire: Wire, group: GroupCommit
) -> None:
    other = GroupCommit(database)
    theirs = group_of(create(PROJECTS, project("theirs")))
    wire.cuts, wire.meanwhile = [BEFORE], lambda: other.write(theirs)
    commit = group.write(group_of(line("ours")))
    assert commit is not None
    assert commit.revision == 3
    assert texts(database) == ["ours"]


async def test_what_nobody_can_tell_is_said_to_be_unknown_and_not_stored_again(
    database: Database, wire: Wire, group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "OUTCOME_SECONDS", 0.05)
    wire.cuts = [BEHIND] * 1000
    tasks = group_of(line("one"))
    assert group.write(tasks) is None
    assert isinstance(tasks[0].error, OutcomeUnknownError)
    wire.cuts = []
    assert texts(database) == ["one"]


async def test_whatever_is_cut_off_each_line_is_there_once(database: Database, wire: Wire, group: GroupCommit) -> None:
    numbers, written = count(), list[str]()

    @settings(max_examples=15, phases=PHASES)
    @given(st.lists(st.sampled_from(["", BEFORE, BEHIND]), max_size=6))
    def run(cuts: list[str]) -> None:
        wire.cuts = cuts
        while wire.cuts:
            written.append(str(next(numbers)))
            assert group.write(group_of(line(written[-1]))) is not None
            assert texts(database) == written

    run()
