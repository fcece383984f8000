"""A search finds the same lines in texts that lie in one piece as in single ones."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream_service.convert.logs.chunks import merge_chunks
from millstream_service.convert.logs.line_filter import ANY_LINE, LineFilter
from millstream_service.convert.logs.logs import check_entries
from millstream_service.errors import InvalidRegexError
from millstream_service.handlers.logs.scanning import Pattern, expression, literal, pattern_of, text_without_case
from millstream_service.store.logs.logs import COLUMNS, Chunk
from tests.entities import ERROR, INFO, entry

CONTENTS = st.lists(st.text("abAB .\n$^é", max_size=8), min_size=1, max_size=12)
PARTS = [
    "a",
    "b",
    "é",
    ".",
    "^",
    "$",
    "a*",
    "[^a]",
    r"\s",
    r"\b",
    "(?i)A",
    r"\A",
    r"\z",
    "|",
    "(a|b)+",
    r"\n",
    "(?s).",
    "(?-i:b)",
    "[ab]?",
]
EXPRESSIONS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("".join)


def chunks(contents: list[str], level: int = INFO) -> tuple[Chunk, Chunk]:
    """Return lines as they came, and merged."""
    [chunk] = check_entries([entry(text, level=level) for text in contents]).encoder("build")(1, 0)
    packed = merge_chunks("build", [chunk])
    assert packed.codec == COLUMNS
    return chunk, packed


def found(pattern: Pattern, chunk: Chunk, wanted: LineFilter = ANY_LINE, from_seq: int = 1) -> list[tuple[int, str]]:
    made = [SearchHit.FromString(hit.around(0, 0)[0]) for hit in pattern.hits(chunk, "build", wanted, from_seq)]
    return [(hit.build_log.seq, hit.build_log.content) for hit in made]


@given(contents=CONTENTS, query=st.text("abA. \n", min_size=1, max_size=3), from_seq=st.integers(1, 12))
def test_a_text_is_found_in_the_lines_that_hold_it(contents: list[str], query: str, from_seq: int) -> None:
    expected = [(seq, text) for seq, text in enumerate(contents, 1) if query in text and seq >= from_seq]
    for chunk in chunks(contents):
        assert found(literal(query), chunk, from_seq=from_seq) == expected


@given(contents=CONTENTS, query=st.text("abA.é", min_size=1, max_size=3))
def test_a_text_is_found_whatever_its_case(contents: list[str], query: str) -> None:
    expected = [(seq, text) for seq, text in enumerate(contents, 1) if re.search(re.escape(query), text, re.IGNORECASE)]
    for chunk in chunks(contents):
        assert found(text_without_case(query), chunk) == expected


@given(contents=CONTENTS, query=EXPRESSIONS)
def test_an_expression_means_the_same_in_one_line_and_in_many(contents: list[str], query: str) -> None:
    try:
        pattern = expression(query, ignore_case=False)
    except InvalidRegexError:
        return
    one_by_one, at_once = chunks(contents)
    assert found(pattern, at_once) == found(pattern, one_by_one)


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("^b", [2, 3]),
        ("a$", [1, 3]),
        (r"\Ab", [2, 3]),
        (r"a\z", [1, 3]),
        ("^$", [4]),
        ("a.b", []),
        ("(?-m:^)b", [2, 3]),
    ],
)
def test_a_line_is_a_text_of_its_own(query: str, lines: list[int]) -> None:
    for chunk in chunks(["a", "b", "ba", ""]):
        assert [seq for seq, _ in found(expression(query, ignore_case=False), chunk)] == lines


def test_lines_that_are_not_wanted_are_not_found() -> None:
    for chunk in chunks(["a", "a"], ERROR):
        assert found(literal("a"), chunk, LineFilter(levels=1 << INFO)) == []
        assert found(literal("a"), chunk, LineFilter(levels=1 << ERROR), from_seq=2) == [(2, "a")]


@pytest.mark.parametrize("query", [r"[\p{L}]{200}", r"(?i)[\p{L}\p{N}]{40}", r"((\p{Lu}{9}){9}){9}"])
def test_what_is_large_once_it_is_compiled_is_refused(query: str) -> None:
    for _ in range(2):  # the second time it is known
        with pytest.raises(InvalidRegexError, match="too large"):
            pattern_of(query, regex=True, ignore_case=False)


@pytest.mark.parametrize("query", [r"\p{L}+ \p{N}{3}", r".{1000}", r"(((a|b)*c){30}){30}", r"\pL{8}x|[^a]{200}"])
def test_what_people_look_for_is_not_too_large(query: str) -> None:
    assert pattern_of(query, regex=True, ignore_case=False) is pattern_of(query, regex=True, ignore_case=False)


@settings(max_examples=20)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1_000, max_size=1_000))
def test_no_text_is_too_large_to_be_looked_for_without_case(text: str) -> None:
    text_without_case(text)
