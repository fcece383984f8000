"""What an observation holds: it tells what is the same, what has grown, and goes into small messages."""

from array import array
from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service.handlers.logs.log_ids import LogIds
from millstream_service.reactive import values
from millstream_service.reactive.values import LIST_PART, PART_BYTES, Listing, Records, Single

short_lists = st.lists(st.sampled_from(["a", "b", "ab", "ba"]), max_size=5)


def encode(ids: Sequence[str]) -> bytes:
    return ",".join(ids).encode()


def listing(*ids: str) -> Listing:
    return Listing(ids, encode)


def test_a_single_value_is_the_same_where_its_bytes_are() -> None:
    assert Single(b"a").same(Single(b"a"))
    assert not Single(b"a").same(Single(b"b"))
    assert not Single(b"").same(listing())
    assert not Single(b"").same(None)
    assert not Single(b"ab").extends(Single(b"a"))
    assert (len(Single(b"a")), Single(b"a").parts(0)) == (0, [b"a"])
    assert bool(Single(b"")), "a value is a value, whatever its length"


@given(st.binary(max_size=3), st.binary(max_size=3))
def test_the_digest_of_a_single_value_is_that_of_its_bytes(one: bytes, other: bytes) -> None:
    assert (Single(one).digest(0) == Single(other).digest(0)) == (one == other)
    assert len(Single(one).digest(0)) == 16


def test_a_list_extends_nothing_but_lists() -> None:
    assert not listing("a").extends(Single(b""))
    assert not listing().same(Single(b""))
    assert not listing().same(None)


@given(short_lists, short_lists)
def test_a_list_is_the_same_and_extends_as_lists_do(old: list[str], new: list[str]) -> None:
    one, other = listing(*new), listing(*old)
    assert one.same(other) == (old == new)
    assert one.extends(other) == (new[: len(old)] == old)
    assert (one.digest(len(new)) == other.digest(len(old))) == (old == new)
    assert bool(one), "an empty list is a value too"


@given(short_lists, short_lists)
def test_the_digest_of_a_beginning_is_that_of_the_list_it_was(old: list[str], more: list[str]) -> None:
    assert listing(*old, *more).digest(len(old)) == listing(*old).digest(len(old))


@pytest.mark.parametrize(
    ("count", "start", "sizes"),
    [
        (0, 0, [0]),
        (1, 0, [1]),
        (1, 1, [0]),
        (LIST_PART - 1, 0, [LIST_PART - 1]),
        (LIST_PART, 0, [LIST_PART]),
        (LIST_PART, LIST_PART, [0]),
        (LIST_PART + 1, 0, [LIST_PART, 1]),
        (2 * LIST_PART, 0, [LIST_PART, LIST_PART]),
        (2 * LIST_PART, LIST_PART, [LIST_PART]),
        (2 * LIST_PART + 5, LIST_PART + 5, [LIST_PART]),
        (2 * LIST_PART + 5, 6, [LIST_PART, LIST_PART - 1]),
    ],
)
def test_a_long_list_comes_in_parts_of_ten_thousand(count: int, start: int, sizes: list[int]) -> None:
    ids = [str(number) for number in range(count)]
    parts = [part.decode().split(",") if part else [] for part in listing(*ids).parts(start)]
    assert [len(part) for part in parts] == sizes
    assert max(sizes) <= 10_000
    assert [one for part in parts for one in part] == ids[start:]


def test_a_list_of_long_ids_comes_in_parts_of_at_most_a_mebibyte() -> None:
    ids = [f"{number:01000}" for number in range(LIST_PART)]
    parts = listing(*ids).parts(0)
    assert all(0 < len(part) <= 1 << 20 for part in parts)
    assert [one for part in parts for one in part.decode().split(",")] == ids


def test_a_list_of_a_mebibyte_is_one_part_and_so_is_one_element_of_more() -> None:
    half = "x" * (PART_BYTES // 2)
    assert listing(half, half[1:]).parts(0) == [encode([half, half[1:]])], "the comma is the last byte"
    assert listing(half, half).parts(0) == [half.encode()] * 2
    assert listing("a", half * 3, "b").parts(0) == [b"a", (half * 3).encode(), b"b"]


@given(short_lists, short_lists, st.integers(0, 10))
def test_the_digest_of_a_long_list_is_that_of_all_its_elements(old: list[str], new: list[str], length: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "LIST_PART", 2)
        length = min(length, len(old), len(new))
        assert (listing(*old).digest(length) == listing(*new).digest(length)) == (old[:length] == new[:length])
        assert listing(*old).digest(length) == listing(*old[:length]).digest(length)
        assert len(listing(*old).digest(length)) == 16


messages = st.lists(st.binary(max_size=3), max_size=4)


@given(messages, messages)
def test_a_list_of_messages_is_the_same_where_each_of_them_is(old: list[bytes], new: list[bytes]) -> None:
    one, other = Records(new), Records(old)
    assert one.same(other) == (old == new)
    assert (one.digest(len(new)) == other.digest(len(old))) == (old == new)
    assert one.parts(0) == [b"".join(new)]


def test_the_work_is_the_elements_and_the_bytes_of_what_is_large() -> None:
    """Where there are bytes to go through, a hundred count as an element."""
    assert [Single(b"x" * size).work(0) for size in (0, 99, 100, 1000)] == [0, 0, 1, 10]
    assert [listing(*["a"] * count).work(start) for count, start in ((0, 0), (5, 0), (5, 4))] == [0, 5, 5]
    assert Records([b"x" * 150, b"y" * 50]).work(0) == 2 + 2


runs = st.lists(st.integers(1, 3), max_size=8).map(
    lambda steps: [(sum(steps[:n]) + 1 + n, sum(steps[: n + 1]) + n) for n in range(len(steps))]
)


def packed(some: list[tuple[int, int]]) -> "array[int]":
    return array("q", chain.from_iterable(some))


@given(runs, st.integers(0, 30), st.integers(0, 30))
def test_the_ids_of_lines_are_a_sequence(runs: list[tuple[int, int]], start: int, stop: int) -> None:
    ids = LogIds("build", packed(runs))
    plain = [f"build/{seq}" for first, last in runs for seq in range(first, last + 1)]
    assert list(ids) == plain
    assert (len(ids), ids.run_count) == (len(plain), len(runs))
    assert [ids[place] for place in range(len(plain))] == plain
    assert list(ids[start:stop]) == plain[start:stop]
    assert list(ids[start:][: stop // 2]) == plain[start:][: stop // 2]
    assert list(ids[:start]) == plain[:start]
    assert (ids[start:stop] == ids[:stop]) == (plain[start:stop] == plain[:stop])
    with pytest.raises(IndexError):
        ids[len(plain)]


@given(st.lists(runs, min_size=1, max_size=5), st.data())
def test_the_ids_of_lines_grow_as_lists_do(steps: list[list[tuple[int, int]]], data: st.DataObject) -> None:
    """Whichever version is grown, each version, old or new, is what a plain list would be."""
    versions: list[tuple[LogIds, list[str]]] = [(LogIds("build"), [])]
    for step in steps:
        ids, plain = data.draw(st.sampled_from(versions))
        start = int(plain[-1].rpartition("/")[2]) if plain else 0
        more = [(first + start, last + start) for first, last in step]
        texts = [f"build/{seq}" for first, last in more for seq in range(first, last + 1)]
        versions.append((ids.grown([packed(more[:1]), packed(more[1:])]), plain + texts))
    for ids, plain in versions:
        assert (list(ids), len(ids)) == (plain, len(plain))
        assert [ids[place] for place in range(len(plain))] == plain
        cut = data.draw(st.integers(0, len(plain)))
        assert list(ids[cut:]) == plain[cut:]
        assert ids == LogIds("build", ids.runs)
        assert ids.to_bytes() == LogIds("build", ids.runs).to_bytes()
        for other, texts in versions:
            assert (ids == other) == (plain == texts)
            assert ids.begins_with(other) == (plain[: len(texts)] == texts)
