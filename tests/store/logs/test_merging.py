"""Merging keeps every line, whatever happens meanwhile; and then there are few chunks, and room is given back."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import ColumnElement, select, update

from millstream_service.background import Supervisor
from millstream_service.errors import StoreUnavailableError
from millstream_service.store.builds.tables import BUILD_LOGS, CHUNKS
from millstream_service.store.database.database import Database
from millstream_service.store.engines import sqlite
from millstream_service.store.entities import purge
from millstream_service.store.history import queries
from millstream_service.store.history.changes import Commit
from millstream_service.store.logs import expiry, log_removal, logs, merging, unmerged
from millstream_service.store.logs.logs import Chunk
from millstream_service.store.logs.merging import Merger
from millstream_service.store.upkeep.check import problems
from millstream_service.store.writing import pacing
from millstream_service.store.writing.commands import Command
from millstream_service.store.writing.writer import Writer
from tests.databases import EACH_ENGINE, NewUrl
from tests.deadline import until, within
from tests.store.opening import opened
from tests.store.stored import add_build, append, joined, lines_in
from tests.thorough import PHASES

pytestmark = pytest.mark.slow

FULL = 300


def _small_chunks(patch: pytest.MonkeyPatch) -> None:
    """Have a chunk be full with some hundred bytes."""
    for module in (logs, merging, unmerged):
        patch.setattr(module, "FULL_CHUNK_BYTES", FULL)


class LogModel(RuleBasedStateMachine):
    """A list of lines beside a log that is appended to, deleted, given up and merged, a merge being read, then put."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        _small_chunks(self.patch)
        self.patch.setattr(expiry, "CHUNKS_AT_ONCE", 2)
        self.patch.setattr(purge, "MAX_ROWS", 1)
        self.database = Database(url).open()
        self.connection = self.database.connect_writer()
        with self.connection.begin():
            add_build(self.connection)
        self.lines: dict[int, bytes] = {}
        self.last = 0
        self.planned: list[tuple[list[Chunk], list[Chunk]]] = []

    def teardown(self) -> None:
        with self.connection.begin():
            assert problems(self.connection) == []
        self.database.close()
        self.patch.undo()

    @rule(sizes=st.lists(st.integers(0, FULL + 50), min_size=1, max_size=4))
    def append(self, sizes: list[int]) -> None:
        texts = [b"x" * size for size in sizes]
        with self.connection.begin():
            append(self.connection, texts, self.last + 1)
        for text in texts:
            self.last += 1
            self.lines[self.last] = b"%d=%b" % (self.last, text)

    @rule()
    def delete(self) -> None:
        with self.connection.begin():
            log_removal.delete_lines(self.connection, "build")
        self.lines.clear()

    @rule()
    def purge_some(self) -> None:
        """Take a step of what was deleted: nobody notices."""
        with self.connection.begin():
            purge.go_on(self.connection, BUILD_LOGS, "build")

    @rule()
    def expire_some(self) -> None:
        with self.connection.begin():
            expiry.expire_some(self.connection, "build", ended=[2], now=1)
            oldest = logs.deleted_range(self.connection, "build").last_seq + 1
        self.lines = {seq: line for seq, line in self.lines.items() if seq >= oldest}

    @rule(to_the_end=st.booleans(), after=st.integers(0, 5))
    def plan(self, to_the_end: bool, after: int) -> None:
        with self.connection.begin():
            pair = merging._next_merge(self.connection, "build", after, to_the_end, joined)
        if pair is not None:
            self.planned.append(pair)

    @precondition(lambda self: self.planned)
    @rule(data=st.data())
    def put(self, data: st.DataObject) -> None:
        old, new = self.planned.pop(data.draw(st.integers(0, len(self.planned) - 1)))
        with self.connection.begin():
            logs.put_in_place(self.connection, "build", old, new)

    @rule()
    def merge_to_the_end(self) -> None:
        after = 0
        with self.connection.begin():
            while pair := merging._next_merge(self.connection, "build", after, to_the_end=True, merge=joined):
                assert logs.put_in_place(self.connection, "build", pair[0], pair[1]) == (True, [])
                after = pair[1][-1].last_seq
            _assert_merged(list(logs.chunks_left(self.connection, "build")))

    @invariant()
    def every_line_is_there_once(self) -> None:
        with self.connection.begin():
            assert lines_in(self.connection) == list(self.lines.values())


def _assert_merged(chunks: list[Chunk]) -> None:
    assert all(chunk.merged for chunk in chunks)
    sizes = [chunk.size for chunk in chunks]
    assert all(max(one, other) >= logs.FULL_CHUNK_BYTES for one, other in pairwise(sizes)), "no small ones side by side"


@pytest.mark.parametrize("database_kind", EACH_ENGINE, indirect=True)
def test_logs_are_as_the_model_says(new_url: NewUrl) -> None:
    make: Any = lambda: LogModel(new_url())  # noqa: E731 - declared as a class, used as a maker
    run_state_machine_as_test(make, settings=settings(max_examples=20, stateful_step_count=30, phases=PHASES))


class Mill:
    """A database with its writer and its merger, the merger not started."""

    def __init__(self, database: Database, merge: logs.Merge) -> None:
        supervisor = Supervisor()
        self.database = database
        self.commits: list[Commit] = []
        self.writer = Writer(database, self.commits.append, supervisor)
        self.merger = Merger(database, self.writer, merge, supervisor)
        self.writer.start()
        self._others = 0

    async def fill(self, count: int, size: int, build_id: str = "build", seed: int = 1, first: int = 1) -> None:
        """Append so many batches of one line that can hardly be compressed, the writer's from `first` on."""
        noise = random.Random(seed)
        for number in range(first, first + count):
            text = noise.randbytes(size // 2).hex().encode()
            await self.writer.submit(_appending(text, number, build_id))

    async def merge_another(self) -> None:
        """Have another log be merged: then all is merged that was due before."""
        self._others += 2
        await self.fill(2, 100, "other", first=self._others - 1)
        self.merger.ended("other")
        await until(lambda: len(self.chunks("other")) == 1, "the other log was merged")

    def chunks(self, build_id: str = "build") -> list[Chunk]:
        return self.database.read_now(lambda connection: list(logs.chunks_from(connection, build_id, 1)))

    def firsts(self, build_id: str) -> list[int]:
        """Return the first line of each chunk, whatever is in it."""
        found = select(CHUNKS.c.first_seq).where(CHUNKS.c.build_id == build_id).order_by(CHUNKS.c.first_seq)
        return self.database.read_now(lambda connection: list(connection.execute(found).scalars()))

    async def damage(self, where: ColumnElement[bool]) -> None:
        """Spoil the chunks of a kind."""
        spoil = update(CHUNKS).where(where).values(payload=b"\0")
        await self.writer.submit(lambda connection: (connection.execute(spoil), ()))

    def lines(self, build_id: str = "build") -> list[bytes]:
        return self.database.read_now(lambda connection: lines_in(connection, build_id))

    def pragma(self, name: str) -> int:
        return self.database.read_now(lambda connection: int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()))


def _appending(text: bytes, number: int, build_id: str) -> Command[logs.Appended]:
    return lambda connection: (append(connection, [text], number, build_id), [])


@asynccontextmanager
async def milling(database: Database, merge: logs.Merge = joined) -> AsyncIterator[Mill]:
    mill = Mill(database, merge)
    try:
        yield mill
    finally:
        await within(mill.merger.close())
        await within(mill.writer.close())


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(merging, "MERGE_AFTER_CHUNKS", 40)
    with opened(database_url) as database:
        with database.connect_writer() as connection, connection.begin():
            add_build(connection, "build", "other")
        yield database


async def test_the_log_of_a_build_that_has_ended_is_merged_to_the_end(database: Database) -> None:
    async with milling(database) as mill:
        await mill.fill(30, 40_000)
        before = mill.lines()
        await mill.merger.start()
        mill.merger.ended("build")
        await until(lambda: all(chunk.merged for chunk in mill.chunks()), "all was merged")
        assert mill.lines() == before
        assert len(mill.chunks()) <= 3
        _assert_merged(mill.chunks())


async def test_a_merge_waits_for_a_database_that_is_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read, refused = database.read, 0

    async def away(query: Any, *lane: Any) -> Any:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise StoreUnavailableError("the database is stopping or starting")
        return await read(query, *lane)

    monkeypatch.setattr(merging, "AGAIN_SECONDS", 0)
    async with milling(database) as mill:
        await mill.fill(3, 100)
        await mill.merger.start()
        await until(lambda: all(chunk.merged for chunk in mill.chunks()), "all was merged")
        await mill.fill(1, 100, "other")
        monkeypatch.setattr(database, "read", away)
        mill.merger.ended("other")
        await until(lambda: all(chunk.merged for chunk in mill.chunks("other")), "all was merged")
        assert refused == 3


async def test_merging_is_no_change(database: Database) -> None:
    async with milling(database) as mill:
        await mill.fill(5, 100)
        await mill.merger.merge("build", to_the_end=True)
        assert (len(mill.chunks()), mill.commits) == (1, [])
        assert database.read_now(queries.revision) == 0


async def test_a_log_that_grows_is_merged_where_it_makes_full_chunks(database: Database) -> None:
    async with milling(database) as mill:
        await mill.fill(15, 400_000)
        await mill.merger.merge("build", to_the_end=False)
        sizes = [(chunk.merged, chunk.size >= logs.FULL_CHUNK_BYTES) for chunk in mill.chunks()]
        assert sizes == [(True, True)] * 2 + [(False, False)] * 3, "the rest is left to grow"


@pytest.mark.parametrize(("count", "size"), [(45, 100), (12, 400_000)], ids=["chunks", "bytes"])
async def test_what_gathers_is_merged(database: Database, count: int, size: int) -> None:
    async with milling(database) as mill:
        await mill.merger.start()
        await mill.fill(count, size)
        before = mill.lines()
        for _ in range(count):
            mill.merger.added("build", size)
        await until(lambda: len(mill.chunks()) < count // 2, "small chunks were merged")
        assert mill.lines() == before


@pytest.mark.parametrize("size", [100, merging.MERGE_AFTER_BYTES // 39 - 1], ids=["chunks", "bytes"])
async def test_what_has_not_gathered_is_not_merged_and_after_a_merge_it_counts_anew(
    database: Database, size: int
) -> None:
    async with milling(database) as mill:
        await mill.merger.start()
        await mill.fill(40, 100)
        for _ in range(39):
            mill.merger.added("build", size)
        await mill.merge_another()
        assert len(mill.chunks()) == 40, "one more is needed"
        mill.merger.added("build", size)
        mill.merger.ended("build")  # as far as it has come: a merge by bytes leaves small ones to grow
        await until(lambda: len(mill.chunks()) == 1, "all was merged")
        await mill.merge_another()  # behind what may still be due for the first
        await mill.fill(39, 100, first=41)
        for _ in range(39):
            mill.merger.added("build", size)
        await mill.merge_another()
        assert len(mill.chunks()) == 40, "what was merged counts no more"


async def test_where_what_was_left_cannot_be_found_new_logs_are_merged(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailableError("the database is stopping or starting")

    async with milling(database) as mill:
        await mill.fill(3, 100)
        with monkeypatch.context() as patch:
            patch.setattr(database, "read", fail)
            await mill.merger.start()
        assert "stay unmerged" in caplog.text
        await mill.merge_another()
        assert len(mill.chunks()) == 3
        mill.merger.ended("build")
        await until(lambda: len(mill.chunks()) == 1, "the log was merged")


async def test_a_single_chunk_that_cannot_be_merged_stays_and_is_tried_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tried = 0

    def refuse(build_id: str, group: Sequence[Chunk]) -> Chunk:
        nonlocal tried
        if build_id == "other":
            return joined(build_id, group)
        tried += 1
        raise ValueError("whatever damaged data leads to")

    async with milling(database, refuse) as mill:
        await mill.fill(1, 100)
        before = mill.lines()
        await mill.merger.start()
        for _ in range(2):
            mill.merger.ended("build")
            await mill.merge_another()
        assert (tried, mill.lines(), mill.firsts("build")) == (1, before, [1])
        assert "lines 1 to 1 of build build can't be merged" in caplog.text


async def test_what_an_earlier_service_left_is_merged_at_the_start(database: Database) -> None:
    async with milling(database) as mill:
        await mill.fill(5, 100)
        await mill.fill(5, 100, "other")
    async with milling(database) as mill:
        await mill.merger.start()
        await until(lambda: len(mill.chunks()) + len(mill.chunks("other")) == 2, "both logs were merged")


async def test_damage_in_one_log_keeps_no_other_from_being_merged(database: Database) -> None:
    async with milling(database) as mill:
        await mill.fill(3, 4000)
        await mill.fill(3, 100, "other")
        await mill.damage(CHUNKS.c.build_id == "build")
        await mill.merger.start()
        mill.merger.ended("build")
        mill.merger.ended("other")
        await until(lambda: len(mill.chunks("other")) == 1, "the other log was merged")
        assert mill.firsts("build") == [1, 2, 3]


async def test_a_damaged_chunk_stays_and_its_neighbours_are_merged(database: Database) -> None:
    async with milling(database) as mill:
        await mill.fill(9, 100)
        await mill.damage(CHUNKS.c.first_seq == 5)
        await mill.merger.start()
        mill.merger.ended("build")
        await until(lambda: mill.firsts("build") == [1, 5, 6], "all but the damaged one was merged")


async def test_lines_that_can_not_be_merged_stay_and_those_behind_them_are_merged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def picky(build_id: str, group: Sequence[Chunk]) -> Chunk:
        if group[0].first_seq == 1:
            raise group[0].damage_error(build_id)
        return joined(build_id, group)

    _small_chunks(monkeypatch)
    async with milling(database, picky) as mill:
        await mill.fill(8, FULL // 2)
        await mill.merger.start()
        mill.merger.ended("build")
        await until(lambda: len(mill.firsts("build")) < 8, "the others were merged")
        firsts = mill.firsts("build")
        assert firsts[0] == 1
        assert firsts[-1] > 2


async def test_room_that_is_free_is_given_back_to_the_disk(file_url: str) -> None:
    with opened(file_url) as database:
        with database.connect_writer() as connection, connection.begin():
            add_build(connection, "build", "other")
        async with milling(database) as mill:
            await mill.merger.start()
            await mill.fill(60, 100_000)
            full = mill.pragma("page_count")
            await mill.writer.submit(lambda connection: log_removal.delete_lines(connection, "build"))
            await pacing.repeat(mill.writer, partial(purge.go_on, table=BUILD_LOGS, key="build"))
            assert mill.pragma("freelist_count") > 4 * sqlite._FREE_PAGES_KEPT
            mill.merger.ended("other")
            await until(lambda: mill.pragma("freelist_count") <= sqlite._FREE_PAGES_KEPT, "room was given back")
            assert mill.pragma("page_count") < full // 2
