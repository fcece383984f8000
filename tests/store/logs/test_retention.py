"""The task that gives logs up: at its start, when a build has ended, when one grows too old, and never otherwise."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.background import Supervisor
from millstream_service.errors import StoreBusyError, StoreCorruptError
from millstream_service.store.builds.tables import BUILDS
from millstream_service.store.database.database import Database
from millstream_service.store.entities import rows
from millstream_service.store.history.changes import Commit
from millstream_service.store.logs import expiry, logs, retention
from millstream_service.store.logs.expiry import Due, Keep
from millstream_service.store.logs.retention import Retention
from millstream_service.store.upkeep.check import problems
from millstream_service.store.writing.writer import Writer
from tests.deadline import until, within
from tests.store.opening import opened
from tests.store.stored import add_build, append, lines_in

COMPLETED = 3


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Three builds with ten lines each; all go on."""
    monkeypatch.setattr(retention, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(expiry, "CHUNKS_AT_ONCE", 3)
    with opened(database_url) as database:
        with database.connect_writer() as connection, connection.begin():
            add_build(connection, "one", "two", "three")
            for name in ("one", "two", "three"):
                for number in range(1, 11):
                    append(connection, [b"x"], number, build_id=name)
        yield database


class Keeper:
    """A database with its writer and what gives its logs up."""

    def __init__(self, database: Database, keep: Keep) -> None:
        supervisor = Supervisor()
        self.database = database
        self.writer = Writer(database, self._publish, supervisor)
        self.retention = Retention(database, self.writer, keep, {COMPLETED}, supervisor)
        self.writer.start()

    def _publish(self, _: Commit) -> None:
        self.retention.notify()

    async def end(self, build_id: str, created_at: int = 1) -> None:
        values = {"status": COMPLETED, "created_at": created_at}
        command = partial(rows.change, resource=BUILDS, key=build_id, values=values, check=lambda _: None)
        await self.writer.submit(command)

    def lines(self, build_id: str) -> int:
        return self.database.read_now(lambda connection: len(lines_in(connection, build_id)))

    def problems(self) -> list[str]:
        return self.database.read_now(problems)


@asynccontextmanager
async def keeping(database: Database, keep: Keep) -> AsyncIterator[Keeper]:
    keeper = Keeper(database, keep)
    try:
        yield keeper
    finally:
        await within(keeper.retention.close())
        await within(keeper.writer.close())


async def test_what_is_due_goes_at_the_start(database: Database) -> None:
    async with keeping(database, Keep(of_project=1)) as keeper:
        await keeper.end("one")
        keeper.retention.start()
        await until(lambda: keeper.lines("one") == 0, "the log was given up")
        assert (keeper.lines("two"), keeper.lines("three")) == (10, 10), "these builds go on"
        assert keeper.problems() == []


async def test_a_log_goes_once_its_build_has_ended(database: Database) -> None:
    async with keeping(database, Keep(nanoseconds=1)) as keeper:
        keeper.retention.start()
        for name in ("two", "one", "three"):
            await keeper.end(name)
            await until(lambda: keeper.lines(name) == 0, "the log was given up")  # noqa: B023 - it is waited for


async def test_a_log_goes_once_it_is_old_though_nothing_happens(database: Database) -> None:
    async with keeping(database, Keep(nanoseconds=10**9)) as keeper:
        await keeper.end("one", created_at=time.time_ns())
        keeper.retention.start()
        await until(lambda: keeper.lines("one") == 0, "the log was given up")


async def test_while_nothing_happens_nothing_is_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: Counter[str] = Counter()
    due = expiry.due

    def counted(connection: Connection, keep: Keep, ended: set[int], now: int) -> Due:
        rounds["idle" if keep.of_project == 5 else "busy"] += 1
        return due(connection, keep, ended, now)

    monkeypatch.setattr(retention, "due", counted)
    async with keeping(database, Keep(of_project=5)) as idle, keeping(database, Keep(of_project=6)) as busy:
        idle.retention.start()
        busy.retention.start()
        for number in range(5):
            await until(lambda: rounds["busy"] > number, "each commit brought a round")  # noqa: B023 - it is waited for
            busy.retention.notify()
        assert rounds["idle"] == 1
        idle.retention.notify()
        await until(lambda: rounds["idle"] == 2, "a commit brought a round")


async def test_a_round_that_fails_is_made_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = asyncio.Event()
    expire_some = expiry.expire_some

    def busy_once(connection: Connection, *arguments: object, **options: object) -> object:
        if not failed.is_set():
            failed.set()
            raise StoreBusyError("another process writes")
        return expire_some(connection, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "expire_some", busy_once)
    async with keeping(database, Keep(nanoseconds=1)) as keeper:
        await keeper.end("one")
        keeper.retention.start()
        await until(lambda: keeper.lines("one") == 0, "the log was given up")
        assert failed.is_set()


@pytest.mark.parametrize("error", [RuntimeError("planted"), StoreCorruptError("planted")])
async def test_a_log_that_can_not_be_given_up_holds_up_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    expire_some, tries = expiry.expire_some, []

    def failing(connection: Connection, build_id: str, **options: Any) -> object:
        tries.append(build_id)
        if build_id == "one":
            raise error
        return expire_some(connection, build_id, **options)

    monkeypatch.setattr(retention, "expire_some", failing)
    monkeypatch.setattr(retention, "ROUND_SECONDS", 3600)
    async with keeping(database, Keep(nanoseconds=1)) as keeper:
        for name in ("one", "two", "three"):
            await keeper.end(name)
        keeper.retention.start()
        await until(lambda: keeper.lines("two") + keeper.lines("three") == 0, "the others were given up")
        assert keeper.lines("one") == 10
    assert tries.count("one") <= 2, "once a round (a group with a fault is run twice)"


async def test_what_was_broken_off_is_gone_on_with(database: Database) -> None:
    async with keeping(database, Keep(nanoseconds=1)) as keeper:
        await keeper.end("one")
        await keeper.writer.submit(partial(expiry.expire_some, build_id="one", ended={COMPLETED}, now=1))
        assert keeper.lines("one") == 7
    async with keeping(database, Keep(nanoseconds=1)) as keeper:
        keeper.retention.start()
        await until(lambda: keeper.lines("one") == 0, "the rest was given up")
        assert keeper.database.read_now(partial(logs.deleted_range, build_id="one")).last_seq == 10


async def test_nothing_goes_where_all_is_kept(database: Database) -> None:
    async with keeping(database, Keep()) as keeper:
        await keeper.end("one")
        before = asyncio.all_tasks()
        keeper.retention.start()
        assert asyncio.all_tasks() == before
