"""A log of any length is read by pages: all of its chunks, in order, and little of it in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, event

from millstream_service.store.logs import log_removal, logs
from millstream_service.store.logs.logs import PAGE_BYTES, PAGE_CHUNKS, Chunk
from tests.store.opening import writing
from tests.store.stored import CATEGORY, add_build

TINY, LARGE, HUGE = 1, 512 << 10, PAGE_BYTES + 1


@pytest.fixture
def store(database_url: str) -> Iterator[Connection]:
    with writing(database_url) as connection:
        add_build(connection, "build", "other")
        yield connection


def fill(connection: Connection, sizes: Sequence[int]) -> list[Chunk]:
    """Give a log chunks of these sizes, of two lines each."""

    def encode(first_seq: int, _skip: int) -> list[Chunk]:
        firsts = range(first_seq, first_seq + 2 * len(sizes), 2)
        pairs = zip(firsts, sizes, strict=True)
        return [Chunk(first, first + 1, 1 << 2, CATEGORY, size, b"x" * size) for first, size in pairs]

    logs.append(connection, "build", "writer", 1, 2 * len(sizes), encode)
    return encode(1, 0)


def places(chunks: Sequence[Chunk]) -> list[tuple[int, int, int]]:
    return [(chunk.first_seq, chunk.last_seq, chunk.size) for chunk in chunks]


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [TINY],
        [TINY] * (2 * PAGE_CHUNKS + 1),
        [LARGE] * 20,
        [HUGE, HUGE, TINY, HUGE],
        [TINY] * 200 + [LARGE] * 10 + [TINY] * 200,
    ],
    ids=["none", "one", "many tiny", "large", "huge", "mixed"],
)
def test_every_chunk_comes_once_in_order_from_wherever_one_begins(store: Connection, sizes: list[int]) -> None:
    stored = fill(store, sizes) if sizes else []
    end = 2 * len(sizes)
    for from_seq in {1, 2, 3, end // 2, end - 1, end, end + 1} - {-1, 0}:
        behind = [chunk for chunk in stored if chunk.last_seq >= from_seq]
        assert places(list(logs.chunks_from(store, "build", from_seq))) == places(behind)
    assert list(logs.chunks_from(store, "other", 1)) == []


def test_a_log_whose_lines_were_deleted_goes_on_behind_them(store: Connection) -> None:
    fill(store, [TINY] * 3)
    log_removal.delete_lines(store, "build")
    assert list(logs.chunks_from(store, "build", 1)) == []


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
@pytest.mark.parametrize("size", [TINY, LARGE])
def test_no_statement_brings_more_than_a_page_into_memory(store: Connection, size: int) -> None:
    """PostgreSQL's driver has all rows of a statement at once, and knows how many they are."""
    stored = fill(store, [size] * (2 * PAGE_CHUNKS if size == TINY else 40))
    rows: list[int] = []

    def note(_connection: Any, cursor: Any, *_: Any) -> None:
        rows.append(cursor.rowcount)

    event.listen(store, "after_cursor_execute", note)
    read = sum(1 for _ in logs.chunks_from(store, "build", 1))
    event.remove(store, "after_cursor_execute", note)
    assert read == sum(rows) == len(stored)
    assert max(rows) <= PAGE_CHUNKS
    assert max(rows) * size <= PAGE_BYTES + size
