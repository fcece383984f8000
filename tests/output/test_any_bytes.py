"""Promises that hold for all output there can be."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.output import Line, OutputParser, phase_of, stream_of
from millstream.output.lines import content, line_splitter, row
from tests.output.output_of import lines_of

NOT_SHOWN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

FRAGMENTS = st.sampled_from(
    [
        b"\n", b"\n", b"\r\n", b"\r", b"\b", b"\t", b"\0", b"\x0b", b"\x7f", b"\x1b", b"\x1b[", b"\x1b[K", b"\x1b[1K",
        b"\x1b[2K", b"\x1b[0m", b"\x1b[31;1m", b"\x1b[2A", b"\x1b[3D", b"\x1b[9C", b"\x1b[5G", b"\x1b7", b"\x1b8",
        b"\x1b[s", b"\x1b[u", b"\x1b[1;3H", b"\x1b[2J", b"\x1b]0;t", b"\x07", b"\x1b\\", b"\x1bP", b"\x1b(B", b"m",
        b"\xe2\x9c", b"\x98", b"\xc2", b"\x85", b"\xff", "é✘🚀".encode(), b"1;2", b"plain text", b"    indented",
        b"a.c:1:2: error: x", b"warning: y", b" --> a.rs:1:2", b"[3/10] Compiling a", b"[ 50%] Linking b",
        b"CompileC /a /b (in target 'A' from project 'B')", b"** BUILD FAILED **", b"> Task :a:compileJava",
        b"make: *** [x] Error 1", b"gcc -c a.c -o a.o", b"CMake Warning at x:", b"Test Suite 'All tests' started",
    ]
)  # fmt: skip
OUTPUT = st.lists(FRAGMENTS | st.binary(max_size=6), max_size=30).map(b"".join)
CUTS = st.lists(st.integers(1, 40), max_size=40)


def _in_parts(data: bytes, cuts: list[int]) -> tuple[list[Line], float | None]:
    parser = OutputParser("stderr")
    lines: list[Line] = []
    for size in cuts:
        lines += parser.feed(data[:size])
        data = data[size:]
    return [*lines, *parser.feed(data), *parser.close()], parser.progress


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is long at 24 bytes, so that short examples reach what happens to long ones."""
    for module in (content, line_splitter, row):
        monkeypatch.setattr(module, "MAX_CONTENT_BYTES", 24)
    monkeypatch.setattr(line_splitter, "_MAX_BUFFERED", 24)
    monkeypatch.setattr(line_splitter, "_MAX_BUFFERED_WITH_ROW", 8)
    monkeypatch.setattr(row, "_REACH", 16)
    monkeypatch.setattr(row, "_SETTLED_AT_ONCE", 8)
    monkeypatch.setattr(row, "_WIDTH", 12)


@given(OUTPUT, CUTS)
def test_how_output_is_cut_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    assert _in_parts(data, cuts)[0] == _in_parts(data, [])[0]


@pytest.mark.usefixtures("small_limits")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(OUTPUT, CUTS)
def test_nor_does_it_for_lines_that_are_too_long(data: bytes, cuts: list[int]) -> None:
    lines = _in_parts(data, cuts)[0]
    assert lines == _in_parts(data, [])[0]
    assert all(len(line.content.encode()) <= 24 for line in lines)


@given(OUTPUT)
def test_lines_hold_neither_escapes_nor_line_breaks(data: bytes) -> None:
    for line in lines_of(data):
        assert not NOT_SHOWN.search(line.content)
        assert line.progress is None or 0 <= line.progress <= 1
        assert 1 <= len(line.category) <= 255
        assert stream_of(line.category) == "stdout"
        assert line.category == "stdout" or phase_of(line.category) is not None


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_text_without_control_characters_comes_back(first: str, second: str) -> None:
    assert [line.content for line in lines_of(f"{first}\n{second}\n")] == [first, second]


@given(OUTPUT.filter(lambda data: not re.search(rb"[\r\b\n]|\x1b(?:[78DEMc]|\[[\d;]*[A-HJKfadsu`])", data)))
def test_decoration_alone_is_taken_out_as_the_row_does(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    played = row.Row()
    played.write(text, final=True)
    assert [line.content for line in lines_of(data + b"\n")] == [played.finish()]


@given(OUTPUT, CUTS)
def test_progress_is_the_same_in_the_end(data: bytes, cuts: list[int]) -> None:
    assert _in_parts(data + b"\n[7/8] x\n", cuts)[1] == 7 / 8
