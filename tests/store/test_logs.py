"""Logs as chunks: appending, reading, deleting, and what a writer's count is for."""

from functools import partial

import pytest

from millstream_service.errors import EntryGapError, NotFoundError
from millstream_service.store import logs, rows
from millstream_service.store.changes import Change, Operation
from millstream_service.store.database import Database
from millstream_service.store.logs import Appended
from millstream_service.store.resources import BUILD_LOGS, BUILDS
from tests.store.conftest import Write
from tests.store.family import append, build, create, family, lines

ABOVE = ("build", "debug", "app")


@pytest.fixture(autouse=True)
def _family(write: Write) -> None:
    write(family)


def texts(database: Database, from_seq: int = 1, build_id: str = "build") -> list[str]:
    """Return the lines from a number on: each its number and its text."""
    chunks = database.read_now(
        lambda connection: list(logs.chunks_from(connection, build_id=build_id, from_seq=from_seq))
    )
    return [line for chunk in chunks for line in chunk.payload.decode().splitlines()]


def ends(database: Database) -> tuple[int, int]:
    """Return the numbers of the last line that was deleted, and of the last one."""
    head = database.read_now(partial(logs.head, build_id="build"))
    return head.deleted_seq, head.last_seq


def test_lines_are_numbered_from_one_without_gaps(database: Database, write: Write) -> None:
    assert write(append("a", "b"))[0] == Appended(2, 2, bytes_added=8)
    assert write(append("c", first=3))[0] == Appended(3, 3, bytes_added=4)
    assert texts(database) == ["1 a", "2 b", "3 c"]
    assert ends(database) == (0, 3)


def test_the_first_lines_create_a_log_and_more_change_it(write: Write) -> None:
    assert write(append("a"))[1] == [Change(BUILD_LOGS, "build", Operation.CREATE, ABOVE)]
    assert write(append("b", first=2))[1] == [Change(BUILD_LOGS, "build", Operation.UPDATE, ABOVE)]


def test_what_comes_twice_is_stored_once(database: Database, write: Write) -> None:
    write(append("a", "b"))
    assert write(append("a", "b")) == (Appended(2, 2, 0), [])
    assert write(append("b", "c", first=2))[0].last_seq == 3, "the part that is new"
    assert texts(database) == ["1 a", "2 b", "3 c"]


def test_each_writer_counts_for_itself_and_for_each_build(database: Database, write: Write) -> None:
    write(create(BUILDS, build("other")))
    write(append("a", writer_id="v"))
    assert write(append("b", writer_id="w"))[0] == Appended(1, 2, 4)
    assert write(append("c", writer_id="w", build_id="other"))[0] == Appended(1, 1, 4)
    assert texts(database) == ["1 a", "2 b"]


def test_no_entries_ask_how_far_the_writer_has_come(write: Write) -> None:
    assert write(append()) == (Appended(0, 0, 0), [])
    write(append("a", "b"))
    assert write(append(first=1)) == (Appended(2, 2, 0), [])
    assert write(append(first=3)) == (Appended(2, 2, 0), [])


@pytest.mark.parametrize("texts_", [("b",), ()], ids=["with entries", "with none"])
def test_a_gap_is_refused(database: Database, write: Write, texts_: tuple[str, ...]) -> None:
    write(append("a"))
    with pytest.raises(EntryGapError) as caught:
        write(append(*texts_, first=3))
    assert caught.value.metadata == {
        "build_id": "build",
        "writer_id": "writer",
        "expected_entry": "2",
        "first_entry": "3",
    }
    assert texts(database) == ["1 a"]


def test_a_line_that_no_writer_counts(database: Database, write: Write) -> None:
    write(append("a"))
    assert write(partial(logs.append_line, build_id="build", encode=lines("b")))[0].last_seq == 2
    assert write(append("c", first=2))[0] == Appended(2, 3, 4)
    assert texts(database) == ["1 a", "2 b", "3 c"]


@pytest.mark.parametrize(
    "command",
    [
        append("a", build_id="none"),
        partial(logs.append_line, build_id="none", encode=lines("a")),
        partial(logs.delete_lines, build_id="none"),
        partial(logs.head, build_id="none"),
    ],
    ids=["append", "append_line", "delete_lines", "head"],
)
def test_a_build_that_is_not_there(write: Write, command: partial[object]) -> None:
    with pytest.raises(NotFoundError) as caught:
        write(command)
    assert caught.value.reason == "BUILD_NOT_FOUND"


def test_reading_begins_with_the_chunk_that_holds_the_line(database: Database, write: Write) -> None:
    for first in range(1, 8, 2):
        write(append(f"text {first}", f"text {first + 1}", first=first))
    assert texts(database, from_seq=5)[0] == "5 text 5"
    assert texts(database, from_seq=6)[0] == "5 text 5", "a chunk comes whole"
    assert texts(database, from_seq=9) == []
    assert texts(database, build_id="none") == []


def test_deleted_numbers_are_not_given_out_again(database: Database, write: Write) -> None:
    write(append("a", "b"))
    delete = partial(logs.delete_lines, build_id="build")
    assert write(delete) == (None, [Change(BUILD_LOGS, "build", Operation.DELETE, ABOVE)])
    assert write(delete) == (None, []), "there was nothing left to delete"
    assert (texts(database), ends(database)) == ([], (2, 2))
    assert write(append("a", "b", "c"))[0] == Appended(3, 3, 4), "the writer's count goes on as well"
    assert texts(database) == ["3 c"]


def test_a_log_goes_with_its_build(database: Database, write: Write) -> None:
    write(append("a"))
    write(partial(rows.remove, resource=BUILDS, key="build"))
    write(create(BUILDS, build()))
    assert ends(database) == (0, 0)
    assert write(append("new"))[0] == Appended(1, 1, 6), "a build with the same id begins anew, its writers too"
