"""A line longer than a stored line may be, and memory."""

import tracemalloc
from collections.abc import Iterator

import pytest

from millstream.output import MAX_CONTENT_BYTES, OutputParser
from tests.output.output_of import ERROR, contents_of, lines_of

MIB = 1 << 20


def test_the_limit_is_that_of_the_service() -> None:
    assert MAX_CONTENT_BYTES == MIB


@pytest.mark.parametrize("char", ["x", "é", "✘", "🚀"])
def test_a_long_line_is_cut_between_characters_into_the_longest_pieces(char: str) -> None:
    text = "1" + char * (2 * MIB // len(char.encode()))
    pieces = contents_of(text + "\nnext\n")
    assert "".join(pieces[:-1]) == text
    assert pieces[-1] == "next"
    assert [MIB - 4 < len(piece.encode()) <= MIB for piece in pieces[:-2]] == [True] * (len(pieces) - 2)


def test_a_line_of_just_the_limit_is_one_piece() -> None:
    assert [len(piece) for piece in contents_of(b"x" * MIB + b"\n" + b"y" * (MIB + 1))] == [MIB, MIB, 1]


def test_bytes_that_are_not_utf_8_count_as_what_they_become() -> None:
    pieces = contents_of(b"\xff" * (MIB // 2) + b"\n")
    assert [len(piece.encode()) for piece in pieces] == [MIB - 1, MIB // 2 * 3 - MIB + 1]


def test_pieces_have_the_level_and_category_of_the_first_one() -> None:
    parser = OutputParser("stderr")
    parser.feed(b"a.c:1:2: error: " + b"x" * MIB)
    lines = [*parser.feed(b"warning: y" * (MIB // 8)), *parser.feed(b"\n\nplain\n")]
    assert len(lines) == 5
    assert {(line.level, line.category) for line in lines[:-2]} == {(ERROR, "stderr.compile")}
    assert lines[-1].category == "stderr"


def test_full_pieces_come_before_the_line_ends() -> None:
    parser = OutputParser("stdout")
    got = [line for _ in range(80) for line in parser.feed(b"x" * 65536)]
    assert len(got) >= 3
    assert sum(len(line.content) for line in [*got, *parser.close()]) == 80 * 65536


def _endless(kind: str) -> Iterator[bytes]:
    for number in range(400 if kind == "plain" else 40):
        if kind == "plain":
            yield b"x" * 65536
        elif kind == "redrawn":
            yield b"\r[%d/400] Building something or other\x1b[K" % number * 1000
        else:
            yield b"\x1b]0;" + b"never closed" * 5000


@pytest.mark.parametrize("kind", ["plain", "redrawn", "unclosed escape"])
def test_a_line_without_end_takes_bounded_memory(kind: str) -> None:
    parser = OutputParser("stdout")
    tracemalloc.start()
    for data in _endless(kind):
        parser.feed(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB


def test_only_what_is_near_the_end_can_be_drawn_over() -> None:
    [line] = lines_of("a" * 10_000 + "\rb\n")
    assert line.content.count("b") == 1
    assert line.content.startswith("a" * 7_000)
