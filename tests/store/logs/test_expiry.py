"""Which logs go, and how: the oldest first, some chunks at a time, and what is left is whole."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.errors import LogExpiredError
from millstream_service.store.builds.tables import BUILD_LOGS, BUILDS, PROJECTS, SCHEMES
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs import expiry, log_removal, logs
from millstream_service.store.logs.expiry import Due, Keep, due, expire_some
from millstream_service.store.upkeep.check import problems
from tests.store.opening import writing
from tests.store.stored import add, append, lines_in

RUNNING, COMPLETED, FAILED = 2, 3, 4
ENDED = frozenset({COMPLETED, FAILED})
NOW = 1_000


@pytest.fixture
def store(database_url: str) -> Iterator[Connection]:
    """Builds one to five, each newer than the one before, each with a line; the fourth goes on."""
    with writing(database_url) as connection:
        add(connection, PROJECTS)
        add(connection, SCHEMES)
        for age, name in enumerate(("five", "four", "three", "two", "one"), 1):
            status = RUNNING if name == "four" else COMPLETED
            add(connection, BUILDS, name, created_at=NOW - 100 * age, status=status)
            append(connection, [b"x" * 200], build_id=name)
        add(connection, BUILDS, "silent", created_at=1, status=FAILED)
        yield connection


def names(connection: Connection, **keep: Any) -> list[str]:
    """Return the builds whose logs are to go."""
    return due(connection, Keep(**keep), ENDED, NOW).build_ids


def expire(connection: Connection, build_id: str, now: int = NOW) -> tuple[bool, list[Change]]:
    return expire_some(connection, build_id, ENDED, now)


@pytest.mark.parametrize(
    ("nanoseconds", "gone"),
    [(500, []), (499, ["one"]), (399, ["one", "two"]), (299, ["one", "two", "three"])],
)
def test_logs_go_by_the_age_of_their_builds(store: Connection, nanoseconds: int, gone: list[str]) -> None:
    assert names(store, nanoseconds=nanoseconds) == gone


def test_it_is_known_when_the_next_log_will_be_too_old(store: Connection) -> None:
    assert due(store, Keep(nanoseconds=700), ENDED, NOW) == Due([], NOW - 500 + 700)
    assert due(store, Keep(of_project=5), ENDED, NOW) == Due([], None)


@pytest.mark.parametrize(("of_project", "gone"), [(1, ["one", "two", "three"]), (3, ["one", "two"]), (5, [])])
def test_logs_go_by_their_place_in_their_project(store: Connection, of_project: int, gone: list[str]) -> None:
    add(store, PROJECTS, "other")
    add(store, SCHEMES, "release", "other")
    add(store, BUILDS, "another", "release", created_at=2, status=COMPLETED)
    append(store, [b"y"], build_id="another")
    assert names(store, of_project=of_project) == gone


def test_logs_go_by_the_room_that_newer_ones_take(store: Connection) -> None:
    one = sum(len(chunk.payload) for chunk in logs.chunks_from(store, "five", 1))
    assert names(store, of_all_bytes=5 * one) == []
    assert names(store, of_all_bytes=4 * one) == ["one"]
    assert names(store, of_all_bytes=3 * one) == ["one", "two"]
    assert names(store, of_all_bytes=1) == ["one", "two", "three", "five"], "the fourth goes on"


def test_a_log_that_any_limit_is_against_goes(store: Connection) -> None:
    assert names(store, nanoseconds=399, of_project=4) == ["one", "two"]
    assert names(store, nanoseconds=499, of_project=3) == ["one", "two"]


def test_a_log_that_has_gone_makes_room_for_others(store: Connection) -> None:
    for name in names(store, of_project=3):
        assert expire(store, name)[0] is False
    assert names(store, of_project=3) == []
    assert names(store, nanoseconds=299) == ["three"]


def test_a_log_that_has_expired_says_so_and_its_build_stays(store: Connection) -> None:
    left, changes = expire(store, "one")
    assert (left, changes) == (False, [Change(BUILD_LOGS, "one", Operation.DELETE, ("one", "debug", "app"))])
    assert logs.deleted_range(store, "one") == logs.DeletedRange(1, NOW)
    with pytest.raises(LogExpiredError) as caught:
        next(logs.chunks_from(store, "one", 1))
    assert caught.value.metadata == {"id": "one/1", "expired_at": "1970-01-01T00:00:00Z", "oldest_seq": "2"}
    assert list(logs.chunks_from(store, "one", 2)) == []
    assert logs.head(store, "one") == logs.Head(0, COMPLETED, logs.head(store, "one").mark, 1, 1, NOW)
    assert problems(store) == []


def test_numbers_go_on_and_what_its_writer_sends_again_is_not_stored_again(store: Connection) -> None:
    expire(store, "one")
    assert append(store, [b"x" * 200], build_id="one").durable_entry == 1
    assert lines_in(store, "one") == []
    assert append(store, [b"late"], first=2, build_id="one").last_seq == 2
    assert lines_in(store, "one") == [b"2=late"]
    assert logs.deleted_range(store, "one") == logs.DeletedRange(1, NOW)
    assert problems(store) == []


def test_a_long_log_goes_some_chunks_at_a_time(store: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "CHUNKS_AT_ONCE", 2)
    for number in range(2, 6):
        append(store, [b"more"], number, build_id="one")
    above = ("one", "debug", "app")
    assert expire(store, "one") == (True, [Change(BUILD_LOGS, "one", Operation.UPDATE, above)])
    assert lines_in(store, "one") == [b"3=more", b"4=more", b"5=more"]
    assert [chunk.first_seq for chunk in logs.chunks_from(store, "one", 3)] == [3, 4, 5]
    assert problems(store) == []
    assert names(store, of_project=4) == ["one"], "a kill here leaves the rest to the next round"
    assert expire(store, "one")[0] is True
    assert expire(store, "one") == (False, [Change(BUILD_LOGS, "one", Operation.DELETE, above)])


def test_large_chunks_go_one_at_a_time(store: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BYTES_AT_ONCE", 300)
    append(store, [b"y" * 200], 2, build_id="one")
    assert expire(store, "one")[0] is True
    assert lines_in(store, "one") == [b"2=" + b"y" * 200]


def test_the_log_of_a_build_that_goes_on_again_or_is_deleted_is_left_alone(store: Connection) -> None:
    assert expire(store, "four") == (False, [])
    assert expire(store, "nothing") == (False, [])
    assert len(lines_in(store, "four")) == 1


def test_lines_that_somebody_deletes_are_deleted_not_expired(store: Connection) -> None:
    expire(store, "one")
    append(store, [b"late"], first=2, build_id="one")
    log_removal.delete_lines(store, "one")
    assert logs.deleted_range(store, "one") == logs.DeletedRange(2, None)
    assert list(logs.chunks_from(store, "one", 1)) == []


def test_without_a_limit_everything_is_kept() -> None:
    assert not Keep()
    assert all(map(bool, (Keep(nanoseconds=1), Keep(of_project=1), Keep(of_all_bytes=1))))
