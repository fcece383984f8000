"""Logs: every entry once and in order, numbers that never come twice, and chunks of a known size."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert.logs.logs import LINE_BYTES, MAX_CATEGORIES, check_entries, lines_of
from millstream_service.errors import EntryGapError, NotFoundError, StoreCorruptError
from millstream_service.store.builds.tables import BUILD_LOGS, CHUNKS
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs import log_removal, logs
from millstream_service.store.logs.logs import APPENDED_CHUNK_BYTES, RAW, SMALLEST_TO_COMPRESS, ZSTD, Chunk
from tests.entities import DEBUG, ERROR, INFO, entry
from tests.store.opening import writing
from tests.store.stored import add_build, append, lines_in, plain_lines

ABOVE = ("build", "debug", "app")


@pytest.fixture
def store(database_url: str) -> Iterator[Connection]:
    with writing(database_url) as connection:
        add_build(connection, "build", "other")
        yield connection


def texts(*numbers: int) -> list[bytes]:
    return [b"line %d" % number for number in numbers]


def numbered(*numbers: int) -> list[bytes]:
    return [b"%d=line %d" % (number, number) for number in numbers]


def chunks(connection: Connection, build_id: str = "build") -> list[Chunk]:
    return list(logs.chunks_from(connection, build_id, 1))


def add(connection: Connection, entries: list[BuildLogEntry], build_id: str = "build") -> list[Chunk]:
    """Append entries as a call does; return the chunks of the log."""
    checked = check_entries(entries)
    logs.append(connection, build_id, "writer", 1, len(entries), checked.encoder(build_id))
    return chunks(connection, build_id)


def test_lines_are_numbered_from_one_in_each_build(store: Connection) -> None:
    first = append(store, texts(1, 2))
    second = append(store, texts(3), first=3)
    other = append(store, texts(1), build_id="other")
    assert (first.durable_entry, first.last_seq, second.durable_entry, second.last_seq) == (2, 2, 3, 3)
    assert lines_in(store) == numbered(1, 2, 3)
    assert (other.last_seq, lines_in(store, "other")) == (1, numbered(1))


def test_entries_that_came_before_are_skipped(store: Connection) -> None:
    append(store, texts(1, 2, 3))
    again = append(store, texts(1, 2, 3))
    assert (again.durable_entry, again.last_seq, again.bytes_added) == (3, 3, 0)
    overlapping = append(store, texts(2, 3, 4, 5), first=2)
    assert (overlapping.durable_entry, overlapping.last_seq) == (5, 5)
    assert lines_in(store) == numbered(1, 2, 3, 4, 5)


def test_an_old_batch_says_how_far_the_writer_has_come(store: Connection) -> None:
    append(store, texts(1, 2, 3))
    assert append(store, texts(1)).durable_entry == 3


def test_a_batch_that_leaves_entries_out_is_refused(store: Connection) -> None:
    append(store, texts(1, 2))
    with pytest.raises(EntryGapError) as caught:
        append(store, texts(4), first=4)
    assert caught.value.metadata == {
        "build_id": "build",
        "writer_id": "writer",
        "expected_entry": "3",
        "first_entry": "4",
    }
    assert lines_in(store) == numbered(1, 2)


def test_each_writer_has_its_own_count(store: Connection) -> None:
    append(store, texts(1, 2))
    added, _ = logs.append(store, "build", "second", 1, 1, plain_lines(texts(3)))
    line, _ = logs.append_line(store, "build", plain_lines(texts(4)))
    assert (added.durable_entry, added.last_seq, line.last_seq) == (1, 3, 4)
    assert append(store, texts(5), first=3).durable_entry == 3
    assert lines_in(store) == numbered(1, 2, 3, 4, 5)


def test_a_log_needs_its_build(store: Connection) -> None:
    calls: list[Any] = [
        lambda: append(store, texts(1), build_id="nothing"),
        lambda: logs.append_line(store, "nothing", plain_lines(texts(1))),
        lambda: log_removal.delete_lines(store, "nothing"),
        lambda: logs.head(store, "nothing"),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call()


def test_changes_name_the_log_and_all_above_it(store: Connection) -> None:
    first = logs.append(store, "build", "writer", 1, 1, plain_lines(texts(1)))[1]
    second = logs.append(store, "build", "writer", 2, 1, plain_lines(texts(2)))[1]
    repeated = logs.append(store, "build", "writer", 2, 1, plain_lines(texts(2)))[1]
    deleted = log_removal.delete_lines(store, "build")[1]
    expected = [[Change(BUILD_LOGS, "build", one, ABOVE)] for one in (Operation.CREATE, Operation.UPDATE)]
    assert [first, second, repeated] == [*expected, []]
    assert deleted == [Change(BUILD_LOGS, "build", Operation.DELETE, ABOVE)]


def test_a_head_says_how_far_the_log_goes(store: Connection) -> None:
    assert logs.head(store, "build") == logs.Head(revision=0, status=2, mark=0, deleted_seq=0, last_seq=0)
    append(store, texts(1, 2))
    mark = logs.head(store, "build").mark
    log_removal.delete_lines(store, "build")
    append(store, texts(3), first=3)
    assert logs.head(store, "build") == logs.Head(revision=0, status=2, mark=mark, deleted_seq=2, last_seq=3)


def test_numbers_go_on_behind_deleted_lines(store: Connection) -> None:
    append(store, texts(1, 2))
    log_removal.delete_lines(store, "build")
    assert lines_in(store) == []
    assert append(store, texts(3), first=3).last_seq == 3
    assert lines_in(store) == numbered(3)
    log_removal.delete_lines(store, "build")
    assert log_removal.delete_lines(store, "build") == (False, []), "there was nothing left to delete"
    assert append(store, texts(4), first=4).last_seq == 4


def test_deleting_concerns_no_other_log(store: Connection) -> None:
    append(store, texts(1), build_id="other")
    append(store, texts(1))
    log_removal.delete_lines(store, "build")
    assert lines_in(store, "other") == numbered(1)


@pytest.mark.parametrize(("after", "first"), [(0, 1), (1, 1), (2, 3), (3, 3), (4, 5), (5, None)])
def test_reading_begins_with_the_chunk_of_the_next_line(store: Connection, after: int, first: int | None) -> None:
    for start in (1, 3, 5):
        append(store, texts(start, start + 1)[: 6 - start], first=start)
    lines = lines_in(store, after=after)
    assert lines == (numbered(*range(first, 6)) if first else [])


def test_full_chunks_are_as_large_as_they_may_be(store: Connection) -> None:
    found = add(store, [entry("x" * 1000, level=INFO) for _ in range(1200)])
    assert [chunk.first_seq for chunk in found[1:]] == [chunk.last_seq + 1 for chunk in found[:-1]]
    line = found[0].size // (found[0].last_seq - found[0].first_seq + 1)
    assert all(APPENDED_CHUNK_BYTES - line - 10 < chunk.size <= APPENDED_CHUNK_BYTES for chunk in found[:-1])
    assert (found[0].first_seq, found[-1].last_seq) == (1, 1200)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_chunk_of_exactly_the_full_size_is_one(store: Connection, over: int) -> None:
    first, second = entry("a"), entry("")
    [small] = add(store, [first], "other")
    half = small.size
    # what its second line is long beside the text: its own length takes three bytes each, not one
    second.content = "x" * (APPENDED_CHUNK_BYTES - half - _overhead() + over)
    found = add(store, [first, second])
    assert sum(chunk.size for chunk in found) == APPENDED_CHUNK_BYTES + over
    assert len(found) == (2 if over > 0 else 1)


def _overhead() -> int:
    sample = entry("x" * 400_000)
    [chunk] = check_entries([sample]).encoder("build")(2, 0)
    return chunk.size - 400_000


def test_a_line_larger_than_a_chunk_has_one_of_its_own(store: Connection) -> None:
    found = add(store, [entry("a"), entry("x" * LINE_BYTES), entry("b")])
    assert [(chunk.first_seq, chunk.last_seq) for chunk in found] == [(1, 1), (2, 2), (3, 3)]
    assert lines_of(found[1].messages)[0].content == "x" * LINE_BYTES


def test_a_chunk_says_which_levels_and_categories_it_has(store: Connection) -> None:
    entries = [entry("a", level=DEBUG, category="link"), entry("b", level=ERROR), entry("c", level=DEBUG)]
    [chunk] = add(store, entries)
    assert (chunk.levels, chunk.categories) == (1 << DEBUG | 1 << ERROR, "\nlink")


def test_a_chunk_with_many_categories_names_none(store: Connection) -> None:
    many = [entry(category=f"c{number}") for number in range(MAX_CATEGORIES + 1)]
    assert add(store, many)[0].categories == "*"
    assert "*" not in add(store, many[1:], "other")[0].categories


@pytest.mark.parametrize(("size", "codec"), [(SMALLEST_TO_COMPRESS - 1, RAW), (SMALLEST_TO_COMPRESS, ZSTD)])
def test_chunks_are_compressed_unless_they_are_tiny(store: Connection, size: int, codec: int) -> None:
    append(store, [b"x" * (size - len(b"1=;"))])
    [chunk] = chunks(store)
    assert (chunk.codec, chunk.size, len(chunk.messages)) == (codec, size, size)
    assert len(chunk.payload) == size if codec == RAW else len(chunk.payload) < size


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_damage_in_a_compressed_chunk_is_noticed(at: int, bit: int) -> None:
    payload = b"".join(b"%d=the text of a line;" % number for number in range(200))
    packed = Chunk(1, 200, 4, "", len(payload), payload).compress(logs.QUICK_LEVEL)
    data = bytearray(packed.payload)
    data[at % len(data)] ^= 1 << bit
    damaged = Chunk(1, 200, 4, "", len(payload), bytes(data), ZSTD)
    with suppress(StoreCorruptError):
        assert damaged.messages == payload


def test_damage_does_not_ask_for_any_amount_of_memory() -> None:
    bomb = Chunk(1, 1, 4, "", 1 << 40, bytes(1 << 20)).compress(logs.QUICK_LEVEL)
    with pytest.raises(StoreCorruptError):
        _ = bomb.messages


def test_chunks_are_read_as_they_are_taken(store: Connection) -> None:
    for number in range(1, 4):
        append(store, texts(number), first=number)
    assert next(logs.chunks_from(store, "build", 2)).first_seq == 2


def test_lines_are_put_in_place_of_the_same_lines_alone(store: Connection) -> None:
    append(store, texts(1))
    append(store, texts(2), first=2)
    old = chunks(store)
    new = plain_lines(texts(1, 2))(1, 0)
    append(store, texts(3), first=3)
    assert logs.put_in_place(store, "build", old, new) == (True, [])
    assert lines_in(store) == numbered(1, 2, 3)
    assert logs.put_in_place(store, "build", old, new) == (False, []), "they are no longer as they were"
    log_removal.delete_lines(store, "build")
    assert logs.put_in_place(store, "build", new, old) == (False, [])
    assert store.execute(select(CHUNKS)).all() == []
