"""The promises of observations: shared, at one revision, never the same twice, conflated, over when nobody watches.

A long file: all that one class promises.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from millstream_service.errors import ListTooLargeError, QueryFailedError, StoreUnavailableError
from millstream_service.reactive.observatory import FIRST_READS, MAX_QUICK_WORK, Delivery
from millstream_service.reactive.regions import row
from millstream_service.reactive.values import Listing, Single, Value
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.database.database import Database
from tests.deadline import patience, until
from tests.reactive.observing import Counted, Fetch, Sky, count, ids, sky


@pytest.fixture
async def it(database_url: str) -> AsyncIterator[Sky]:
    async with sky(database_url) as it:
        yield it


@pytest.fixture
async def lasting(lasting_url: str) -> AsyncIterator[Sky]:
    """One whose database can be written to while it is read: one in memory can't."""
    async with sky(lasting_url) as it:
        yield it


async def test_the_value_comes_at_once_and_again_after_a_change(it: Sky) -> None:
    reader = it.watch(Counted(ids).query)
    await reader.shows(b"")
    revision = await it.add("a")
    assert (await reader.shows(b"a")).position.revision == revision
    await it.add("b")
    await reader.shows(b"a,b")
    assert reader.values == [b"", b"a", b"a,b"]
    await reader.leave()


async def test_equal_queries_are_read_once_and_made_into_bytes_once(it: Sky) -> None:
    counted = Counted(ids)
    readers = [it.watch(Counted(counted._fetch).query) for _ in range(50)]
    for reader in readers:
        await reader.shows(b"")
    await it.add("a")
    for reader in readers:
        await reader.shows(b"a")
    assert counted.fetches == 2
    assert len(it.observatory) == 1
    for reader in readers:
        await reader.leave()


async def test_many_new_watches_hold_up_no_new_value(it: Sky) -> None:
    order: list[str] = []

    def noted(key: str) -> Fetch:
        def fetch(connection: Connection, previous: Value | None) -> Value:
            order.append(key)
            return count(connection, previous)

        return fetch

    old = it.watch(Counted(noted("old")).query)
    await old.shows(b"0")
    new = [it.watch(Counted(noted("new"), region=(), key=f"new {number}").query) for number in range(1_000)]
    await it.add("a")
    before = len(order)
    await old.shows(b"1")
    for reader in new:
        assert (await reader.begins()).data in (b"0", b"1")
    assert order.count("new") == len(new)
    assert order.index("old", 1) <= before + 2 * FIRST_READS, "it did not wait for all who came before it"
    for reader in (old, *new):
        await reader.leave()


@pytest.mark.parametrize("long", [False, True])
async def test_a_first_read_that_takes_long_holds_up_no_new_value(lasting: Sky, long: bool) -> None:
    it = lasting
    let_go = threading.Event()

    def slow(connection: Connection, previous: Value | None) -> Value:
        let_go.wait(patience(60))
        return count(connection, previous)

    old = it.watch(Counted(ids).query)
    await old.shows(b"")
    held_up = [it.watch(replace(Counted(slow, key=f"slow {number}").query, long=long)) for number in range(3)]
    try:
        await it.add("a")
        await old.shows(b"a")
        if long:
            new = it.watch(Counted(ids, key="new").query)
            await new.shows(b"a")
            await new.leave()
    finally:
        let_go.set()
    for reader in held_up:
        await reader.shows(b"1")
        await reader.leave()
    await old.leave()


async def test_a_long_list_becomes_messages_once_and_in_a_thread(it: Sky) -> None:
    threads: list[str] = []

    def encode(items: Sequence[str]) -> bytes:
        threads.append(threading.current_thread().name)
        return ",".join(items).encode()

    def fetch(connection: Connection, _previous: Value | None) -> Value:
        projects = build_queries.project_ids(connection)
        return Listing([f"{number}" for number in range(MAX_QUICK_WORK * len(projects) + 1)], encode)

    readers = [it.watch(Counted(fetch).query) for _ in range(20)]
    for reader in readers:
        await reader.shows(b"0")
    await it.add("a")
    for reader in readers:
        await reader.shows(b",".join(b"%d" % number for number in range(MAX_QUICK_WORK + 1)))
        await reader.leave()
    assert threads[0] == threading.current_thread().name
    assert [name.startswith("millstream-messages") for name in threads] == [False, True]


async def test_a_list_that_is_too_long_goes_to_those_who_take_what_is_new(it: Sky) -> None:
    query = replace(Counted(ids).query, max_whole=2)
    whole, appended = it.watch(query), it.watch(query, Delivery(append=True))
    await it.add("a", "b")
    await whole.shows(b"a,b")
    await it.add("c")
    await until(lambda: appended.values[-1:] in ([b"c"], [b"a,b,c"]), "what is new came, or all")
    for reader in (whole, it.watch(query)):
        error = await reader.ends()
        assert isinstance(error, ListTooLargeError)
        assert "options.append" in error.message
    await appended.leave()


async def test_one_who_comes_later_is_given_what_is_there_without_a_read(it: Sky) -> None:
    counted = Counted(ids)
    first = it.watch(counted.query)
    await first.shows(b"")
    late = it.watch(counted.query)
    await late.shows(b"")
    assert counted.fetches == 1
    await first.leave()
    await it.add("a")
    await late.shows(b"a")
    await late.leave()


async def test_all_that_one_commit_dirtied_is_read_at_one_revision(it: Sky) -> None:
    await it.add("a")
    fetches: tuple[Fetch, ...] = (ids, count, ids, count)
    readers = [it.watch(Counted(fetch, key=str(number)).query) for number, fetch in enumerate(fetches)]
    for reader in readers:
        await reader.begins()
    for number in range(10):
        revision = await it.add(f"b{number}", f"c{number}")
        for reader in readers:
            await reader.reaches(revision)
        assert {reader.messages[-1].position.revision for reader in readers} == {revision}
    for reader in readers:
        await reader.leave()


async def test_a_commit_elsewhere_is_not_read_for(it: Sky) -> None:
    await it.add("a", "b")
    watched, barrier = Counted(count, (row("projects", "a"),)), Counted(ids, (row("projects", "b"),), key="barrier")
    reader, other = it.watch(watched.query), it.watch(barrier.query)
    await reader.shows(b"2")
    await other.shows(b"a,b")
    await it.rename("b", "new")
    await until(lambda: barrier.fetches == 2, "the commit was read for whom it concerns")
    assert watched.fetches == 1
    await reader.leave()
    await other.leave()


async def test_an_equal_value_is_not_sent_again(it: Sky) -> None:
    counted = Counted(count, (row("projects", "a"),))
    await it.add("a")
    reader = it.watch(counted.query)
    await reader.shows(b"1")
    await it.rename("a", "new")
    await until(lambda: counted.fetches == 2, "it was read again")
    await it.add("b")
    await it.rename("a", "newer")
    await reader.shows(b"2")
    assert reader.values == [b"1", b"2"]
    await reader.leave()


async def test_a_burst_is_conflated_and_the_last_value_arrives(it: Sky) -> None:
    counted = Counted(count)
    reader = it.watch(counted.query)
    await reader.shows(b"0")
    await asyncio.gather(*(it.add(f"p{number}") for number in range(500)))
    await reader.shows(b"500")
    assert len(reader.messages) == counted.fetches < 100
    await reader.leave()


async def test_a_slow_reader_skips_to_the_newest_and_costs_nobody_time(it: Sky) -> None:
    counted = Counted(count)
    slow, quick = it.watch(counted.query, held=True), it.watch(counted.query)
    await slow.shows(b"0")
    for number in range(20):
        await it.add(f"p{number}")
        await quick.shows(b"%d" % (number + 1))
    assert slow.values == [b"0"]
    slow.gate.set()
    await slow.shows(b"20")
    assert slow.values == [b"0", b"20"]
    await slow.leave()
    await quick.leave()


async def test_what_was_undone_meanwhile_is_not_sent(it: Sky) -> None:
    value = b"one"
    counted = Counted(lambda _connection, _previous: Single(value))
    slow, quick = it.watch(counted.query, held=True), it.watch(counted.query)
    await slow.shows(b"one")
    for number, value in enumerate((b"two", b"one")):
        await it.add(f"p{number}")
        await quick.shows(value)
    slow.gate.set()
    value = b"three"
    await it.add("last")
    await slow.shows(b"three")
    assert slow.values == [b"one", b"three"]
    await slow.leave()
    await quick.leave()


async def test_between_two_values_lies_the_least_interval(it: Sky) -> None:
    counted = Counted(count)
    loop = asyncio.get_running_loop()
    slow, quick = it.watch(counted.query, Delivery(min_interval=0.3)), it.watch(counted.query)
    await slow.shows(b"0")
    began = loop.time()
    for number in range(5):
        await it.add(f"p{number}")
        await quick.shows(b"%d" % (number + 1))
    await slow.shows(b"5")
    took = loop.time() - began
    assert took >= 0.25 * (len(slow.messages) - 1)
    assert len(slow.messages) < len(quick.messages)
    await slow.leave()
    await quick.leave()


async def test_what_is_committed_during_the_first_read_is_not_missed(it: Sky) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def held(connection: Connection, previous: Value | None) -> Value:
        value = ids(connection, previous)
        reading.set()
        assert go_on.wait(patience(20))
        return value

    reader = it.watch(Counted(held).query)
    await until(reading.is_set, "the first read is under way")
    writing = asyncio.create_task(it.add("a"))
    late = it.watch(Counted(held).query)
    await asyncio.sleep(0)
    go_on.set()
    await writing
    await reader.shows(b"a")
    await late.shows(b"a")
    await reader.leave()
    await late.leave()


async def test_one_who_comes_after_a_commit_was_answered_sees_it(it: Sky) -> None:
    counted = Counted(count)
    first = it.watch(counted.query)
    for number in range(20):
        await it.add(f"p{number}")
        late = it.watch(counted.query)
        assert (await late.begins()).data == b"%d" % (number + 1)
        await late.leave()
    await first.leave()


async def test_an_error_ends_all_who_watch_and_the_next_one_starts_anew(it: Sky) -> None:
    broken = False

    def fetch(connection: Connection, previous: Value | None) -> Value:
        if broken:
            raise ListTooLargeError("value", 1)
        return count(connection, previous)

    counted, unharmed = Counted(fetch), Counted(count, key="other")
    readers = [it.watch(counted.query) for _ in range(2)]
    other = it.watch(unharmed.query)
    for reader in (*readers, other):
        await reader.shows(b"0")
    broken = True
    await it.add("a")
    for reader in readers:
        assert isinstance(await reader.ends(), ListTooLargeError)
    await other.shows(b"1")
    broken = False
    anew = it.watch(counted.query)
    await anew.shows(b"1")
    await anew.leave()
    await other.leave()


async def test_a_fault_of_ours_is_an_error_of_ours(it: Sky, caplog: pytest.LogCaptureFixture) -> None:
    def fetch(_connection: Connection, _previous: Value | None) -> Value:
        raise ZeroDivisionError

    reader = it.watch(Counted(fetch).query)
    assert isinstance(await reader.ends(), QueryFailedError)
    assert "ZeroDivisionError" in caplog.text


async def test_a_statement_that_fails_is_the_end_of_its_query_alone(it: Sky) -> None:
    broken = False

    def fetch(connection: Connection, previous: Value | None) -> Value:
        if broken:
            connection.exec_driver_sql("SELECT what_is_not_there FROM projects")
        return count(connection, previous)

    at_fault, others = Counted(fetch), [Counted(count, key="before"), Counted(count, key="behind")]
    readers = [it.watch(one.query) for one in (others[0], at_fault, others[1])]
    for reader in readers:
        await reader.shows(b"0")
    broken = True
    await it.add("a")
    assert isinstance(await readers[1].ends(), QueryFailedError)
    seen = [await reader.shows(b"1") for reader in (readers[0], readers[2])]
    assert {message.position.revision for message in seen} == {1}, "they agree on their revision"
    broken = False
    await it.add("b")
    for reader in (readers[0], readers[2]):
        await reader.shows(b"2")
        await reader.leave()


async def test_a_query_that_nobody_watches_is_not_read(it: Sky) -> None:
    counted, other = Counted(count), Counted(count, key="other")
    reader, stays = it.watch(counted.query), it.watch(other.query)
    await reader.shows(b"0")
    await reader.leave()
    await it.add("a")
    await stays.shows(b"1")
    assert counted.fetches == 1
    assert len(it.observatory) == 1
    await stays.leave()


class Away:
    """Has all reads of a database fail, as long as it is away."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.attempts = 0
        self._patch = monkeypatch
        self._patch.setattr(database, "read", self._read)

    async def _read(self, _query: object, _lane: object) -> None:
        self.attempts += 1
        raise StoreUnavailableError("the database can't be reached")

    def back(self) -> None:
        self._patch.undo()


async def test_what_is_watched_goes_on_by_itself_once_the_database_is_back(
    it: Sky, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = it.watch(Counted(ids).query)
    await reader.shows(b"")
    away = Away(it.database, monkeypatch)
    revision = await it.add("a")
    await until(lambda: away.attempts >= 3, "reading was tried again")
    assert reader.values == [b""]
    away.back()
    assert (await reader.shows(b"a")).position.revision == revision
    assert reader.values == [b"", b"a"]
    await reader.leave()


async def test_one_who_comes_while_the_database_is_away_is_told(it: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Away(it.database, monkeypatch)
    assert isinstance(await it.watch(Counted(ids).query).ends(), StoreUnavailableError)
    away.back()
    reader = it.watch(Counted(ids).query)
    await reader.shows(b"")
    await reader.leave()
