"""Lines that hold a text are found in a piece of text: in C and in Python alike."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service.convert.logs.text_lines import all_holding, holding, matching, plain_holding

WAYS = [pytest.param(holding, id="compiled"), pytest.param(plain_holding, id="plain")]
few_letters = st.text("abé", max_size=6) | st.text("abé", min_size=60, max_size=150)
pieces = st.lists(few_letters, min_size=1, max_size=12).map(lambda some: "\n".join(some).encode())
needles = st.text("abé", min_size=1, max_size=4).map(str.encode) | st.binary(min_size=1, max_size=2)


def expected(texts: bytes, needle: bytes) -> list[tuple[int, int]]:
    """Return the lines that hold a needle, found one by one."""
    found, begin = [], 0
    for index, line in enumerate(texts.split(b"\n")):
        if needle in line:
            found.append((index, begin))
        begin += len(line) + 1
    return found


@given(texts=pieces, needle=needles.filter(lambda some: b"\n" not in some))
def test_all_lines_with_a_text_are_found(texts: bytes, needle: bytes) -> None:
    assert list(all_holding(texts, needle)) == expected(texts, needle)
    assert list(matching(texts, lambda some, start: some.find(needle, start))) == expected(texts, needle)


@pytest.mark.parametrize("way", WAYS)
@given(texts=pieces, needle=needles.filter(lambda some: b"\n" not in some), data=st.data())
def test_one_may_begin_at_any_line(way: Any, texts: bytes, needle: bytes, data: st.DataObject) -> None:
    lines = texts.split(b"\n")
    index = data.draw(st.integers(0, len(lines) - 1))
    begin = sum(len(line) + 1 for line in lines[:index])
    assert way(texts, needle, index, begin) == [place for place in expected(texts, needle) if place[0] >= index]


def test_very_many_lines_are_found() -> None:
    texts = b"\n".join(b"line %d of many" % number for number in range(10_000))
    assert list(all_holding(texts, b"line")) == expected(texts, b"line")
    assert list(all_holding(texts, b"99 of")) == expected(texts, b"99 of")
    assert list(all_holding(texts + b"\n", b"many")) == expected(texts, b"many")


@pytest.mark.parametrize("needle_size", [1, 2, 63, 64, 65, 128])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 127, 128, 129, 200])
def test_a_text_is_found_at_either_end(size: int, needle_size: int) -> None:
    needle = b"x" * (needle_size - 1) + b"y"
    for before in (0, size):
        texts = b"x" * before + needle + b"x" * (size - before)
        assert holding(texts, needle, 0, 0) == [(0, 0)]
    assert holding(needle[:-1] + b"z" * size, needle, 0, 0) == []


@pytest.mark.parametrize("way", WAYS)
def test_behind_the_end_there_is_nothing(way: Any) -> None:
    assert way(b"text", b"t", 1, 4) == way(b"text", b"t", 9, 99) == way(b"", b"t", 0, 0) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("needle", "index", "begin"), [(b"", 0, 0), (b"t", -1, 0), (b"t", 0, -1)])
def test_what_can_not_be_looked_for(way: Any, needle: bytes, index: int, begin: int) -> None:
    with pytest.raises(ValueError, match="nothing to look for"):
        way(b"text", needle, index, begin)
