"""The change log: every commit once, in order, the newest ones without a hole."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from millstream_service.errors import RevisionCompactedError, ValidationFailedError
from millstream_service.store.history import change_log, queries
from millstream_service.store.history.changes import MAX_CHANGES_A_TABLE, Change, Commit, Operation, coalesce
from millstream_service.store.upkeep.check import problems
from tests.store.opening import writing

CREATE, UPDATE, DELETE = Operation.CREATE, Operation.UPDATE, Operation.DELETE
RolledBack = Callable[[], AbstractContextManager[Connection]]
changes = st.builds(
    Change,
    st.sampled_from(["projects", "builds"]),
    st.text(max_size=3),
    st.sampled_from(Operation),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
    st.booleans(),
)


@pytest.fixture
def store(database_url: str) -> Iterator[Connection]:
    with writing(database_url) as connection:
        yield connection


@pytest.fixture
def rolled_back(store: Connection) -> RolledBack:
    """Gives the empty store as often as it is wanted."""

    @contextmanager
    def empty() -> Iterator[Connection]:
        with store.begin_nested() as savepoint:
            yield store
            savepoint.rollback()

    return empty


def record(connection: Connection, *keys: str) -> Commit:
    return change_log.record(connection, [Change("projects", key, CREATE) for key in keys or ("app",)])


def revisions(connection: Connection, after: int = 0, limit: int = 1000) -> list[int]:
    return [commit.revision for commit in change_log.after(connection, after, limit).commits]


def test_a_page_has_a_bound_in_bytes_and_says_whether_there_is_more(
    store: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_log, "PAGE_BYTES", 1_000)
    for size in (1, 1, 400, 400, 400, 5_000, 1, 5_000):
        record(store, "x" * size)
    pages = []
    after, more = 0, True
    while more:
        page = change_log.after(store, after, 4)
        pages.append([commit.revision for commit in page.commits])
        after, more = page.commits[-1].revision, page.more
    assert pages == [[1, 2, 3, 4], [5, 6], [7, 8]], "four at the most, and one more than a page of bytes has"
    assert change_log.after(store, after, 4) == change_log.Page([], more=False)


def test_revisions_count_up_from_one(store: Connection) -> None:
    assert [record(store).revision for _ in range(3)] == [1, 2, 3]
    assert queries.revision(store) == 3
    assert revisions(store) == [1, 2, 3]


def test_no_change_makes_no_revision(store: Connection) -> None:
    record(store)
    assert change_log.record(store, []) == Commit(1, 0, ())
    assert revisions(store) == [1]


@given(commits=st.lists(st.lists(changes, min_size=1, max_size=3, unique=True), max_size=3))
def test_commits_come_back_as_they_were(rolled_back: RolledBack, commits: list[list[Change]]) -> None:
    with rolled_back() as connection:
        recorded = [change_log.record(connection, one) for one in commits]
        assert change_log.after(connection, 0, 10).commits == recorded


def test_reading_goes_on_in_steps(store: Connection) -> None:
    for _ in range(5):
        record(store)
    assert [revisions(store, after, 2) for after in (0, 2, 4, 5)] == [[1, 2], [3, 4], [5], []]


def test_a_revision_of_the_future_is_refused(store: Connection) -> None:
    record(store)
    with pytest.raises(ValidationFailedError):
        revisions(store, 2)


@given(
    clock=st.lists(st.integers(0, 20), min_size=1, max_size=30),
    compactions=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), max_size=4),
)
def test_what_is_left_has_no_hole_whatever_the_clock_did(
    rolled_back: RolledBack, clock: list[int], compactions: list[tuple[int, int]]
) -> None:
    with rolled_back() as connection, pytest.MonkeyPatch.context() as patch:
        for now in clock:
            patch.setattr(time, "time_ns", lambda now=now: now)
            record(connection)
        for last, before in compactions:
            change_log.compact(connection, last, before)
        oldest = queries.oldest_revision(connection) or len(clock) + 1
        assert revisions(connection, oldest - 1) == list(range(oldest, len(clock) + 1))
        assert all(now < max(before for _, before in compactions) for now in clock[: oldest - 1])
        assert oldest - 1 <= max((last for last, _ in compactions), default=0)
        assert problems(connection) == []


def test_what_is_gone_is_told_with_the_oldest_that_is_left(store: Connection) -> None:
    for _ in range(5):
        record(store)
    change_log.compact(store, 3, time.time_ns() + 1)
    assert revisions(store, 3) == [4, 5]
    with pytest.raises(RevisionCompactedError) as caught:
        revisions(store, 2)
    assert caught.value.metadata == {"after_revision": "2", "oldest_revision": "4"}


def test_a_log_that_is_empty_tells_what_comes_next(store: Connection) -> None:
    for _ in range(2):
        record(store)
    change_log.compact(store, 2, time.time_ns() + 1)
    assert revisions(store, 2) == []
    with pytest.raises(RevisionCompactedError) as caught:
        revisions(store, 1)
    assert caught.value.metadata["oldest_revision"] == "3"


def test_a_compaction_drops_a_bounded_number(store: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_log, "_OLDEST", change_log._OLDEST.limit(2))
    for _ in range(5):
        record(store)
    for oldest in (3, 5):
        change_log.compact(store, 5, time.time_ns() + 1)
        assert queries.oldest_revision(store) == oldest


def test_commits_that_are_many_and_old_are_dropped_by_and_by(
    store: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_log, "_COMPACT_EVERY", 10)
    monkeypatch.setattr(change_log, "KEPT_REVISIONS", 15)
    for number in range(1, 31):
        monkeypatch.setattr(time, "time_ns", lambda number=number: number * change_log.KEPT_NANOSECONDS)
        record(store)
    assert revisions(store, 15) == list(range(16, 31))
    with pytest.raises(RevisionCompactedError):
        revisions(store, 14)


def test_commits_of_the_last_hour_are_kept_however_many(store: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_log, "_COMPACT_EVERY", 5)
    monkeypatch.setattr(change_log, "KEPT_REVISIONS", 2)
    for _ in range(20):
        record(store)
    assert revisions(store) == list(range(1, 21))


def test_a_commit_of_very_many_changes_keeps_a_small_row(store: Connection) -> None:
    most = MAX_CHANGES_A_TABLE
    crashes = [Change("crash_logs", f"c{n}", DELETE, (f"b{n % 2}", "app")) for n in range(most + 1)]
    builds = [Change("builds", f"b{n}", DELETE, ("app",)) for n in range(2)]
    commit = change_log.record(store, [*builds, *crashes])
    assert list(commit.changes) == [*builds, *crashes], "a watcher here hears of each"
    [logged] = change_log.after(store, 0, 10).commits
    assert list(logged.changes) == [*builds, Change("crash_logs", "", DELETE, ("app",))]


def test_as_many_as_a_table_may_have_are_kept_one_by_one() -> None:
    most = MAX_CHANGES_A_TABLE
    made = [Change(table, str(n), CREATE, ("app",)) for table in ("builds", "schemes") for n in range(most)]
    assert coalesce(made) == made


def test_what_is_said_twice_is_kept_once_where_it_came_last() -> None:
    created, deleted = (Change("builds", "b", operation, ("debug", "app")) for operation in (CREATE, DELETE))
    lines = Change("build_logs", "b", CREATE, ("b", "debug", "app"))
    assert coalesce([created, lines, deleted, lines, created]) == [deleted, lines, created]


def test_of_rows_that_were_moved_nothing_is_left_out() -> None:
    moved = [
        Change("builds", str(n), CREATE, ("debug", "app", "release", "other")) for n in range(MAX_CHANGES_A_TABLE + 1)
    ]
    assert coalesce(moved) == [Change("builds", "", CREATE, (), relisted=True)], (
        "they are below two projects: so any row may be meant"
    )


def test_lines_of_very_many_builds_are_told_below_their_project() -> None:
    logs = [Change("build_logs", f"b{n}", CREATE, (f"b{n}", "debug", "app")) for n in range(MAX_CHANGES_A_TABLE + 1)]
    assert coalesce(logs) == [Change("build_logs", "", CREATE, ("app",))]


def test_nothing_stays_nothing() -> None:
    assert coalesce([]) == []


def test_the_largest_table_is_told_in_the_rough_where_all_together_are_too_large() -> None:
    few = [Change("projects", "app", DELETE), Change("schemes", "debug", DELETE, ("app",))]
    large = [Change("builds", f"{n:0255}", DELETE, ("debug", "app")) for n in range(MAX_CHANGES_A_TABLE)]
    assert coalesce([*few, *large]) == [*few, Change("builds", "", DELETE, ("app",))]
    scattered = [Change("schemes", str(n), DELETE, (f"{n:0255}",)) for n in range(MAX_CHANGES_A_TABLE)]
    assert coalesce(scattered) == [Change("schemes", "", DELETE)]


def test_what_is_folded_keeps_its_operations_apart() -> None:
    made = [Change("builds", str(n), (CREATE, DELETE)[n % 2], ("app",)) for n in range(MAX_CHANGES_A_TABLE + 1)]
    assert coalesce(made) == [Change("builds", "", DELETE, ("app",)), Change("builds", "", CREATE, ("app",))]
