"""Commits of other processes reach those whom they concern, also when ours come in between."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import Connection, text, update

from millstream_service.background import Supervisor
from millstream_service.reactive import commits as commits_module
from millstream_service.reactive.commits import Commits
from millstream_service.reactive.regions import EVERYTHING, Regions, row
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.engines import postgres, sqlite
from millstream_service.store.entities import rows
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Change, Commit
from millstream_service.store.schema.models import CHANGE_LOG
from millstream_service.store.writing.commands import Command
from millstream_service.store.writing.writer import Writer
from tests.deadline import until, within
from tests.store.opening import opened
from tests.store.stored import project_row


class Listener:
    """Counts its notifications."""

    def __init__(self) -> None:
        self.times = 0

    def notify(self) -> None:
        self.times += 1


class HeardRegions(Regions):
    """Keeps what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Commit] = []

    def publish(self, commit: Commit) -> None:
        self.heard.append(commit)
        super().publish(commit)


class Process:
    """A process on the store: what it writes, and what it heard."""

    def __init__(self, database: Database) -> None:
        self.supervisor = supervisor = Supervisor()
        self.regions = HeardRegions()
        self.commits = Commits(database, self.regions, supervisor)
        self.writer = Writer(database, self.commits.publish, supervisor)

    async def start(self) -> None:
        await self.commits.start()
        self.writer.start()

    async def close(self) -> None:
        await self.writer.close()
        await self.commits.close()

    async def create(self, key: str) -> int:
        values = project_row(key)
        return (await within(self.writer.submit(lambda connection: rows.create(connection, PROJECTS, values))))[1]

    @property
    def heard(self) -> list[Commit]:
        return self.regions.heard

    @property
    def revisions(self) -> list[int]:
        return [commit.revision for commit in self.heard]

    async def hears(self, revision: int) -> None:
        await until(lambda: self.commits.revision == revision, f"revision {revision} was told, not {self.revisions}")


@pytest.fixture
def databases(lasting_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, Database]]:
    monkeypatch.setattr(sqlite, "WATCH_SECONDS", 0.01)
    with opened(lasting_url) as ours, opened(lasting_url) as theirs:
        yield ours, theirs


@pytest.fixture
async def both(databases: tuple[Database, Database]) -> AsyncIterator[tuple[Process, Process]]:
    ours, theirs = map(Process, databases)
    for process in (ours, theirs):
        await process.start()
    yield ours, theirs
    for process in (ours, theirs):
        await process.close()


Both = tuple[Process, Process]


async def test_what_another_process_writes_is_told_in_order(both: Both) -> None:
    ours, theirs = both
    for number in range(5):
        await theirs.create(f"p{number}")
    await ours.hears(5)
    assert ours.revisions == [1, 2, 3, 4, 5]
    assert [change.key for commit in ours.heard for change in commit.changes] == [f"p{n}" for n in range(5)]


async def test_it_is_told_to_those_whom_it_concerns(both: Both) -> None:
    ours, theirs = both
    concerned, other, everyone = Listener(), Listener(), Listener()
    ours.regions.add(concerned, [row("projects", "app")])
    ours.regions.add(other, [row("projects", "other")])
    ours.regions.add(everyone, [EVERYTHING])
    await theirs.create("app")
    await ours.hears(1)
    assert (concerned.times, other.times, everyone.times) == (1, 0, 1)


async def test_none_is_missed_where_both_write_in_turn(both: Both) -> None:
    ours, theirs = both
    for number in range(10):
        await (ours if number % 2 else theirs).create(f"p{number}")
    for process in both:
        await process.hears(10)
        assert sorted(set(process.revisions)) == list(range(1, 11))
        heard_keys = {change.key for commit in process.heard for change in commit.changes}
        assert heard_keys == {f"p{number}" for number in range(10)}


async def test_ours_is_told_at_once_and_what_came_before_it_then(both: Both) -> None:
    ours, theirs = both
    await theirs.create("theirs")
    revision = await ours.create("ours")
    assert revision in ours.revisions, "published before it was answered"
    await ours.hears(2)
    assert set(ours.revisions) == {1, 2}


async def test_a_process_begins_at_the_newest_revision(databases: tuple[Database, Database]) -> None:
    ours, theirs = map(Process, databases)
    await theirs.start()
    await theirs.create("before")
    await ours.start()
    await theirs.create("behind")
    await ours.hears(2)
    assert ours.revisions == [2]
    for process in (ours, theirs):
        await process.close()


async def test_all_are_told_where_the_change_log_no_longer_reaches_back(both: Both) -> None:
    ours, theirs = both
    listener = Listener()
    ours.regions.add(listener, [row("projects", "elsewhere")])

    def forget(connection: Connection) -> rows.Written:
        _, changes = rows.create(connection, PROJECTS, project_row("first"))
        change_log.record(connection, changes)
        change_log.compact(connection, 1, 2**62)
        return rows.create(connection, PROJECTS, project_row("second"))

    await within(theirs.writer.submit(forget))
    await ours.hears(2)
    assert listener.times == 1


async def test_more_than_is_read_at_once_is_told_in_order(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits_module, "_READ_AT_ONCE", 3)
    ours, theirs = both
    for number in range(10):
        await theirs.create(f"p{number}")
    await ours.hears(10)
    assert ours.revisions == list(range(1, 11))


async def test_a_row_of_the_change_log_that_can_not_be_read_has_all_be_told(
    both: Both, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = both
    listener = Listener()
    ours.regions.add(listener, [row("projects", "elsewhere")])

    def spoil(connection: Connection) -> rows.Written:
        written = rows.create(connection, PROJECTS, project_row("first"))
        change_log.record(connection, written[1])
        connection.execute(update(CHANGE_LOG).where(CHANGE_LOG.c.revision == 1).values(changes=["nonsense"]))
        return rows.create(connection, PROJECTS, project_row("second"))

    await within(theirs.writer.submit(spoil))
    await ours.hears(2)
    assert listener.times == 1
    assert "the change log can't be read from 1 on" in caplog.text
    await theirs.create("third")
    await ours.hears(3)
    assert ours.revisions == [3]


class Deaf(Listener):
    """Fails at each notification."""

    def notify(self) -> None:
        super().notify()
        raise RuntimeError("planted")


async def test_one_who_fails_when_told_keeps_it_from_no_other(both: Both) -> None:
    ours, theirs = both
    deaf, after = Deaf(), Listener()
    for listener in (deaf, after):
        ours.regions.add(listener, [EVERYTHING])
    with pytest.raises(RuntimeError, match="planted"):
        ours.regions.publish_all()
    assert (deaf.times, after.times) == (1, 1)
    assert await theirs.create("app") == 1


PAYLOADS = ["hello", "", " 1", "-1", "1.5", "\u0663", "9" * 4_000, "NaN"]
"""What anyone may notify us of; the third to last is a digit, of those that Python's int() takes."""


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_a_notification_that_is_none_of_ours_is_ignored(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres, "POLL_SECONDS", 3600.0)  # else what a notification brings would come by itself
    with opened(database_url) as first, opened(database_url) as second:
        ours, theirs = Process(first), Process(second)
        for process in (ours, theirs):
            await process.start()
        try:
            await theirs.create("before")
            await ours.hears(1)
            await within(theirs.writer.submit(_notifying(PAYLOADS)))
            await theirs.create("behind")
            await ours.hears(2)
            assert ours.supervisor.well
            assert caplog.text.count("ignored a notification without a revision") >= len(PAYLOADS)
        finally:
            for process in (ours, theirs):
                await process.close()


def _notifying(payloads: list[str]) -> Command[None]:
    def command(connection: Connection) -> tuple[None, list[Change]]:
        for payload in payloads:
            connection.execute(
                text("SELECT pg_notify(:channel, :payload)"), {"channel": "millstream_commits", "payload": payload}
            )
        return None, []

    return command
