"""A chunk has the same lines, whichever way it holds them; and damage is noticed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from google.protobuf.unknown_fields import UnknownFieldSet
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert.logs.chunks import lines_in, merge_chunks, parts
from millstream_service.convert.logs.columns import MAX_KIND_BYTES, MAX_KINDS
from millstream_service.convert.logs.line_filter import LineFilter
from millstream_service.convert.logs.logs import LINE_BYTES, MAX_CATEGORIES, categories_text, check_entries
from millstream_service.errors import StoreCorruptError
from millstream_service.store.logs.logs import COLUMNS, QUICK_LEVEL, RAW, ZSTD, Chunk
from tests.convert.logs.made_lines import CATEGORIES, entries, line_of, texts
from tests.entities import DEBUG, ERROR, INFO, NOON, at, entry

BUILD = "build"
NUMBERS = st.sampled_from([1, 7, 9, 95, 120, 127, 995, 9_998, 16_380, 10**6 - 2, 2**21 - 2, 10**17, 2**63 - 9])
FILTERS = st.builds(LineFilter, st.integers(0, 15).map(lambda bits: bits << 1), st.none() | CATEGORIES | texts)
Form = Callable[[Sequence[BuildLogEntry], int], Chunk]


def as_it_came(made: Sequence[BuildLogEntry], first_seq: int) -> Chunk:
    [chunk] = check_entries(made).encoder(BUILD)(first_seq, 0)
    return chunk


def compressed(made: Sequence[BuildLogEntry], first_seq: int) -> Chunk:
    return as_it_came(made, first_seq).compress(QUICK_LEVEL)


def packed(made: Sequence[BuildLogEntry], first_seq: int) -> Chunk:
    """Return a chunk that was merged of one entry and the others."""
    rest = [as_it_came(made[1:], first_seq + 1)] if made[1:] else []
    return merge_chunks(BUILD, [as_it_came(made[:1], first_seq), *rest])


FORMS = [as_it_came, compressed, packed]


@pytest.mark.parametrize("form", FORMS)
@given(made=st.lists(entries(), min_size=1, max_size=8), first=NUMBERS, wanted=FILTERS, after=st.integers(-1, 9))
def test_a_filter_takes_the_lines_that_fit(
    form: Form, made: list[BuildLogEntry], first: int, wanted: LineFilter, after: int
) -> None:
    chunk = form(made, first)
    lines = [line_of(one, BUILD, seq) for seq, one in enumerate(made, first)]
    fit = [line for line in lines if wanted.levels >> line.level & 1 and wanted.category in (None, line.category)]
    from_seq = first + after + 1
    assert list(lines_in(chunk, BUILD, wanted, from_seq)) == [line for line in fit if line.seq >= from_seq]
    assert not (wanted.takes_all(chunk) and fit != lines)
    assert not (wanted.takes_none(chunk) and fit)


@pytest.mark.parametrize("form", FORMS)
@given(made=st.lists(entries(), min_size=1, max_size=8), at_once=st.integers(1, 500), from_seq=st.integers(1, 8))
def test_parts_reach_the_end_of_a_chunk(form: Form, made: list[BuildLogEntry], at_once: int, from_seq: int) -> None:
    chunk = form(made, 1)
    found = list(parts(chunk, BUILD, LineFilter(category="compile"), min(from_seq, len(made)), at_once))
    reached = [part.last_seq for part in found]
    assert reached == sorted(set(reached))
    assert reached[-1] == chunk.last_seq == len(made)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000])
def test_any_number_of_lines_comes_back(count: int) -> None:
    made = [entry(f"line {number}", level=INFO, created_at=at(number)) for number in range(count)]
    chunk = packed(made, 16_000)
    assert chunk.codec == COLUMNS
    assert list(lines_in(chunk, BUILD)) == [line_of(one, BUILD, seq) for seq, one in enumerate(made, 16_000)]


def test_a_line_break_in_a_text_stays_where_it_is() -> None:
    chunk = packed([entry("a\nb"), entry("\n"), entry("")], 1)
    assert chunk.codec == COLUMNS
    assert [line.content for line in lines_in(chunk, BUILD)] == ["a\nb", "\n", ""]


def test_the_longest_line_goes_into_a_column() -> None:
    chunk = packed([entry("x" * LINE_BYTES), entry("y")], 1)
    assert chunk.codec == COLUMNS
    assert [len(line.content) for line in lines_in(chunk, BUILD)] == [LINE_BYTES, 1]


def test_what_columns_can_not_hold_stays_messages() -> None:
    unknown = BuildLogEntry.FromString(entry("a").SerializeToString() + b"\xa2\x06\x01x")
    many = [entry(category=f"c{number}") for number in range(MAX_KINDS + 1)]
    long = entry(category="c" * MAX_KIND_BYTES)
    for made in ([unknown], many, [long], [entry(created_at=at(-NOON - 1))]):
        chunk = packed(made, 1)
        assert (chunk.codec, chunk.merged) == (ZSTD, True)
        assert [line.content for line in lines_in(chunk, BUILD)] == [one.content for one in made]
    [kept] = lines_in(packed([unknown], 1), BUILD)
    assert len(UnknownFieldSet(kept)) == 1
    assert packed(many[1:], 1).codec == COLUMNS


def test_a_new_chunk_that_fits_is_sent_as_it_is_stored() -> None:
    chunk = as_it_came([entry("a", category="link"), entry("b", category="link")], 1)
    [part] = parts(chunk, BUILD, LineFilter(category="link"))
    assert (chunk.codec, part.data) == (RAW, chunk.payload)


def test_a_category_of_several_lines_is_not_taken_for_several_categories() -> None:
    chunk = as_it_came([entry("a", category="compile"), entry("b", category="link")], 1)
    assert list(lines_in(chunk, BUILD, LineFilter(category="compile\nlink"))) == []


def test_a_merged_chunk_says_what_is_in_it() -> None:
    made = [entry("a", level=DEBUG, category="link"), entry("b", category="compile"), entry("c", level=ERROR)]
    chunk = packed(made, 1)
    assert (chunk.first_seq, chunk.last_seq, chunk.merged) == (1, 3, True)
    assert (chunk.levels, chunk.categories) == (1 << DEBUG | 1 << INFO | 1 << ERROR, "\ncompile\nlink")
    assert chunk.size == sum(len(part.data) for part in parts(as_it_came(made, 1), BUILD))


def test_a_chunk_of_many_categories_names_none() -> None:
    many = [f"c{number}" for number in range(MAX_CATEGORIES + 1)]
    assert categories_text(many) == "*"
    assert categories_text(many[1:]) == "\n".join(sorted(many[1:]))
    assert categories_text(["*", "a"]) == "*"


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_damage_in_columns_is_noticed(place: int, bit: int) -> None:
    made = [entry(f"the text of line {number}", category=f"c{number % 3}") for number in range(50)]
    chunk = packed(made, 1)
    data = bytearray(chunk.payload)
    data[place % len(data)] ^= 1 << bit
    with suppress(StoreCorruptError):
        assert list(lines_in(replace(chunk, payload=bytes(data)), BUILD)) == list(lines_in(chunk, BUILD))


@pytest.mark.parametrize(
    "damage",
    [
        lambda chunk: replace(chunk, last_seq=chunk.last_seq + 1),
        lambda chunk: replace(chunk, payload=chunk.payload[:3]),
        lambda chunk: replace(chunk, payload=b""),
        lambda chunk: chunk.as_columns(chunk.columns[0] + b"\n", chunk.columns[1]),
        lambda chunk: chunk.as_columns(chunk.columns[0], b""),
        lambda chunk: chunk.as_columns(chunk.columns[0], chunk.columns[1][:9]),
        lambda chunk: chunk.as_columns(chunk.columns[0], chunk.columns[1][:-1]),
    ],
)
def test_columns_that_do_not_fit_are_damage(damage: Callable[[Chunk], Chunk]) -> None:
    chunk = damage(packed([entry("a"), entry("b")], 1))
    with pytest.raises(StoreCorruptError, match="lines 1 to"):
        list(lines_in(chunk, BUILD))
