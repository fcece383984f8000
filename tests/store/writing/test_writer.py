"""The writer's promises: one revision a group, all or nothing for each command, and the truth when the disk fails."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.background import Supervisor
from millstream_service.errors import (
    AlreadyExistsError,
    DiskFullError,
    NotFoundError,
    QueryFailedError,
    StoreBusyError,
    StoreUnavailableError,
)
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import BUILDS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Database
from millstream_service.store.engines import sqlite
from millstream_service.store.entities import removal, rows
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Change, Commit
from millstream_service.store.schema.resources import Resource
from millstream_service.store.writing import writer
from millstream_service.store.writing.commands import Command
from millstream_service.store.writing.writer import Writer
from tests.deadline import within
from tests.store.opening import beside, opened
from tests.store.stored import MAKE, project_row, scheme_row

Future = asyncio.Future[Any]


@dataclass
class Bench:
    """A writer that has not begun: what is submitted before `start` makes one group. And what it has published."""

    database: Database
    published: list[Commit] = field(default_factory=list)
    futures: list[Future] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.database, self._publish, Supervisor())

    def _publish(self, commit: Commit) -> None:
        assert not any(future.done() for future in self.futures[-1:]), "nobody is answered before all know"
        self.published.append(commit)

    def submit(self, command: Command[Any], size: int = 0) -> Future:
        self.futures.append(self.writer.submit(command, size))
        return self.futures[-1]

    def start(self) -> None:
        self.writer.start()

    async def outcomes(self) -> list[Any]:
        """Wait for all; return the revision of each, or its error."""
        done = await within(asyncio.gather(*self.futures, return_exceptions=True))
        return [one if isinstance(one, BaseException) else one[1] for one in done]

    def stored(self) -> list[str]:
        """Return the ids of the projects."""
        return sorted(self.database.read_now(build_queries.project_ids))


@asynccontextmanager
async def bench(database: Database) -> AsyncIterator[Bench]:
    made = Bench(database)
    try:
        yield made
    finally:
        if made.writer._thread.ident is not None:
            await within(made.writer.close())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def file(file_url: str) -> Iterator[Database]:
    with opened(file_url) as database:
        yield database


def creating(key: str, **values: Any) -> Command[rows.Row]:
    return lambda connection: rows.create(connection, PROJECTS, project_row(key, **values))


def creating_and_raising(key: str, error: Exception) -> Command[None]:
    def command(connection: Connection) -> tuple[None, list[Change]]:
        rows.create(connection, PROJECTS, project_row(key))
        raise error

    return command


def nothing(_connection: Connection) -> tuple[str, tuple[Change, ...]]:
    return "as it was", ()


async def test_what_waits_together_gets_one_revision(database: Database) -> None:
    async with bench(database) as bench_:
        for number in range(50):
            bench_.submit(creating(f"p{number:02}"))
        bench_.start()
        assert await bench_.outcomes() == [1] * 50
        [commit] = bench_.published
        assert (commit.revision, [change.key for change in commit.changes]) == (1, bench_.stored())
        [logged] = database.read_now(lambda connection: change_log.after(connection, 0, 10)).commits
        assert (logged.revision, list(logged.changes)) == (1, list(commit.changes))


async def test_each_answer_is_the_commands_own(database: Database) -> None:
    async with bench(database) as bench_:
        first, idle, second = bench_.submit(creating("a")), bench_.submit(nothing), bench_.submit(creating("b"))
        bench_.start()
        assert [(await within(one))[0]["name"] for one in (first, second)] == ["a", "b"]
        assert await within(idle) == ("as it was", 1)


async def test_what_changes_nothing_makes_no_revision(database: Database) -> None:
    async with bench(database) as bench_:
        bench_.start()
        bench_.submit(creating("a"))
        await bench_.outcomes()
        bench_.submit(nothing)
        assert await bench_.outcomes() == [1, 1]
        assert len(bench_.published) == 1


async def test_a_group_has_a_most_of_commands(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_COMMANDS_A_COMMIT", 4)
    async with bench(database) as bench_:
        for number in range(10):
            bench_.submit(creating(f"p{number}"))
        bench_.start()
        assert await bench_.outcomes() == [1] * 4 + [2] * 4 + [3] * 2


async def test_a_group_has_a_most_of_bytes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_BYTES_A_COMMIT", 100)
    async with bench(database) as bench_:
        for number, size in enumerate((60, 60, 60, 200, 1)):
            bench_.submit(creating(f"p{number}"), size)
        bench_.start()
        assert await bench_.outcomes() == [1, 1, 2, 2, 3]


FAILURES: list[tuple[Exception, type[Exception]]] = [
    (NotFoundError("project", "x"), NotFoundError),
    (ValueError("a fault of ours"), QueryFailedError),
]


@pytest.mark.parametrize(("raised", "expected"), FAILURES)
async def test_a_failing_command_leaves_nothing(
    database: Database, raised: Exception, expected: type[Exception]
) -> None:
    async with bench(database) as bench_:
        bench_.start()
        bench_.submit(creating_and_raising("half", raised))
        [error] = await bench_.outcomes()
        assert isinstance(error, expected)
        assert (bench_.stored(), bench_.published) == ([], [])
        bench_.submit(creating("a"))
        assert (await bench_.outcomes())[1] == 1


@pytest.mark.parametrize(("raised", "expected"), FAILURES)
async def test_it_harms_no_other_in_its_group(database: Database, raised: Exception, expected: type[Exception]) -> None:
    async with bench(database) as bench_:
        bench_.submit(creating("a"))
        bench_.submit(creating_and_raising("half", raised))
        bench_.submit(creating("b"))
        bench_.submit(creating("a"))
        bench_.submit(creating("c"))
        bench_.start()
        first, failed, second, taken, third = await bench_.outcomes()
        assert (first, second, third) == (1, 1, 1)
        assert isinstance(failed, expected)
        assert isinstance(taken, AlreadyExistsError)
        assert bench_.stored() == ["a", "b", "c"]
        [commit] = bench_.published
        assert [change.key for change in commit.changes] == ["a", "b", "c"], "each change is published once"


async def test_a_project_comes_with_all_its_schemes_or_not_at_all(database: Database) -> None:
    def with_schemes(key: str, *schemes: str) -> Command[list[rows.Row]]:
        below = [scheme_row(scheme, key) for scheme in schemes]
        return lambda connection: rows.create_with_children(connection, PROJECTS, project_row(key), SCHEMES, below)

    async with bench(database) as bench_:
        bench_.submit(with_schemes("a", "one", "two"))
        bench_.submit(with_schemes("b", "three", "two"))
        bench_.start()
        revision, error = await bench_.outcomes()
        assert (revision, bench_.stored()) == (1, ["a"])
        assert isinstance(error, AlreadyExistsError)
        assert database.read_now(lambda connection: rows.find(connection, SCHEMES, "three")) is None


def adding(resource: Resource, *keys: str) -> Command[rows.Row]:
    return lambda connection: rows.create(connection, resource, MAKE[resource](*keys))


def moving(scheme: str, project: str) -> Command[rows.Row]:
    to = {"project_bundle_identifier": project}
    return lambda connection: rows.change(connection, SCHEMES, scheme, to, lambda _: None)


def removing(scheme: str) -> Command[bool]:
    return lambda connection: removal.remove(connection, SCHEMES, scheme)


async def test_a_command_sees_where_those_before_it_in_its_group_have_put_things(database: Database) -> None:
    async with bench(database) as bench_:
        bench_.submit(creating("one"))
        bench_.submit(creating("other"))
        bench_.submit(adding(SCHEMES, "debug", "one"))
        bench_.submit(adding(BUILDS, "before", "debug"))
        bench_.submit(moving("debug", "other"))
        after = bench_.submit(adding(BUILDS, "after", "debug"))
        bench_.start()
        assert await bench_.outcomes() == [1] * 6
        assert (await after)[0]["project_bundle_identifier"] == "other"
        bench_.submit(adding(BUILDS, "in time", "debug"))
        bench_.submit(removing("debug"))
        bench_.submit(adding(BUILDS, "too late", "debug"))
        *_, in_time, removed, too_late = await bench_.outcomes()
        assert in_time <= removed
        assert isinstance(too_late, NotFoundError)


async def test_a_statement_that_the_database_refuses_is_the_commands_own_failure(database: Database) -> None:
    def wrong(connection: Connection) -> tuple[None, list[Change]]:
        rows.create(connection, PROJECTS, project_row("half"))
        connection.exec_driver_sql("SELECT no_such_column FROM projects")
        raise AssertionError

    async with bench(database) as bench_:
        bench_.submit(creating("a"))
        bench_.submit(wrong)
        bench_.start()
        revision, error = await bench_.outcomes()
        assert (revision, bench_.stored()) == (1, ["a"])
        assert isinstance(error, QueryFailedError)
        assert "no_such_column" not in str(error)


def no_more_pages(connection: Connection) -> tuple[None, tuple[Change, ...]]:
    """Have the database refuse to grow, as on a full disk, on this connection."""
    connection.exec_driver_sql("PRAGMA max_page_count = 1").all()
    return None, ()


@pytest.mark.parametrize("commands", [1, 3])
async def test_a_full_disk_fails_the_group_and_no_more(file: Database, commands: int) -> None:
    async with bench(file) as bench_:
        bench_.submit(creating("before"))
        bench_.submit(no_more_pages)
        bench_.start()
        assert await bench_.outcomes() == [1, 1]
        bench_.submit(creating("large", display_name="x" * 1_000_000))
        for number in range(1, commands):
            bench_.submit(creating(f"small{number}"))
        failed = (await bench_.outcomes())[2:]
        assert [type(one) for one in failed[:1]] == [DiskFullError]
        assert all(isinstance(one, DiskFullError | int) for one in failed)
        bench_.submit(creating("after"))
        assert isinstance((await bench_.outcomes())[-1], int), "the next group has a connection of its own"
        expected = {change.key for commit in bench_.published for change in commit.changes}
        assert expected == set(bench_.stored()) >= {"before", "after"}
        assert "large" not in expected
        assert file.read_now(sqlite.integrity) == []


async def test_a_full_disk_in_the_middle_of_a_group_fails_all_of_it(file: Database) -> None:
    async with bench(file) as bench_:
        bench_.submit(no_more_pages)
        bench_.submit(creating("small"))
        bench_.submit(creating("large", display_name="x" * 1_000_000))
        bench_.submit(creating("other"))
        bench_.start()
        assert [type(one) for one in await bench_.outcomes()] == [DiskFullError] * 4
        assert (bench_.stored(), bench_.published) == ([], [])


@pytest.mark.parametrize("begun", [True, False], ids=["begun", "first"])
async def test_anothers_lock_is_store_busy(file_url: str, monkeypatch: pytest.MonkeyPatch, begun: bool) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", 0.02)
    with opened(file_url) as database, beside(file_url) as other:
        async with bench(database) as bench_:
            bench_.start()
            if begun:
                bench_.submit(creating("before"))
            revisions = await bench_.outcomes()
            other.execute("BEGIN IMMEDIATE")
            bench_.submit(creating("a"))
            bench_.submit(creating("b"))
            assert [type(one) for one in await bench_.outcomes()] == [
                *map(type, revisions),
                StoreBusyError,
                StoreBusyError,
            ]
            other.execute("ROLLBACK")
            bench_.submit(creating("c"))
            assert (await bench_.outcomes())[-1] == len(revisions) + 1
            assert bench_.stored() == [*["before"] * begun, "c"]


async def test_closing_finishes_what_was_submitted(database: Database) -> None:
    async with bench(database) as bench_:
        bench_.start()
        for number in range(20):
            bench_.submit(creating(f"p{number:02}"))
        await within(bench_.writer.close())
        assert all(isinstance(one, int) for one in await bench_.outcomes())
        assert len(bench_.stored()) == 20
        with pytest.raises(StoreUnavailableError):
            bench_.submit(nothing)
        await within(bench_.writer.close())


async def test_a_write_stands_when_its_caller_has_gone(database: Database) -> None:
    async with bench(database) as bench_:
        gone, stays = bench_.submit(creating("gone")), bench_.submit(creating("stays"))
        gone.cancel()
        bench_.start()
        assert (await within(stays))[1] == 1
        assert bench_.stored() == ["gone", "stays"]


async def test_an_error_is_no_fault_where_its_caller_has_gone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench(database) as bench_:
        bench_.submit(creating_and_raising("app", NotFoundError("build", "b")))
        bench_.start()
        bench_.futures.clear()
        bench_.submit(creating("tool"))
        assert await bench_.outcomes() == [1]
        gc.collect()
    assert caplog.records == []


async def test_too_many_that_wait_are_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING_COMMANDS", 2)
    async with bench(database) as bench_:
        bench_.submit(creating("a"))
        bench_.submit(creating("b"))
        with pytest.raises(StoreBusyError):
            bench_.submit(creating("c"))
        bench_.start()
        await bench_.outcomes()
        bench_.submit(creating("c"))
        assert (await bench_.outcomes())[2] == 2


async def test_there_is_room_once_the_bytes_are_written(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING_BYTES", 100)
    async with bench(database) as bench_:
        bench_.submit(creating("a"), 100)
        await within(bench_.writer.room())
        bench_.submit(creating("b"), 1)
        waiting = asyncio.create_task(bench_.writer.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        bench_.start()
        await within(waiting)


async def test_a_fault_in_the_middle_of_a_commit_does_not_harm_the_next_group(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection: object) -> None:
        raise RuntimeError("planted")

    async with bench(database) as bench_:
        with monkeypatch.context() as patch:
            patch.setattr(database._writer.dialect, "do_commit", fail)
            bench_.submit(creating("lost"))
            bench_.start()
            [error] = await bench_.outcomes()
            assert isinstance(error, QueryFailedError)
        bench_.submit(creating("next"))
        assert (await bench_.outcomes())[1] == 1
        assert bench_.stored() == ["next"]
