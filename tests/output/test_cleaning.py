"""The text of a line: as a terminal would show it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.output.output_of import CLEARED_AT_START, LOGS, contents_of


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[1m\x1b[31merror\x1b[0m: x", "error: x"),
        ("\x1b[38;2;255;0;0mred\x1b[39;49m", "red"),
        ("\x1b[38:2::255:0:0mred\x1b[m", "red"),
        ("\x1b[01m\x1b[Ka.c:\x1b[m\x1b[K In", "a.c: In"),
        ("\x1b]8;;file:///a.c\x1b\\a.c\x1b]8;;\x1b\\ done", "a.c done"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1bP1$r0m\x1b\\text", "text"),
        ("\x1b_payload\x1b\\text", "text"),
        ("\x1b(Btext\x1b)0", "text"),
        ("\x1b=\x1b>te\x1b#8xt", "text"),
        ("\x1b[?25lhidden cursor\x1b[?25h", "hidden cursor"),
        ("\x1b[?2004h\x1b[6ntext", "text"),
    ],
)
def test_escapes_are_taken_out(written: str, shown: str) -> None:
    assert contents_of(written + "\n") == [shown]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\x1b", "a"),
        ("a\x1b[", "a"),
        ("a\x1b[12", "a"),
        ("\x1b]0;never closed", "0;never closed"),
        ("\x1bPnever closed", "never closed"),
        ("\x1b[12é", "é"),
        ("\x1b\x1b[1mx", "x"),
        ("a\x1bé", "aé"),
    ],
)
def test_of_a_broken_escape_only_its_introduction_is_lost(written: str, shown: str) -> None:
    assert contents_of(written + "\nnext\n") == [shown, "next"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\0b", "ab"),
        ("\x07bell\x7f", "bell"),
        ("a\x0bb\x0cc", "a b c"),
        ("tab\tis kept", "tab\tis kept"),
        ("c1 \u0085\u009b31m", "c1 31m"),
        ("  spaces are kept  ", "  spaces are kept  "),
        ("a\u2028b", "a\u2028b"),
    ],
)
def test_control_characters_are_taken_out(written: str, shown: str) -> None:
    assert contents_of(written + "\n") == [shown]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("windows\r", "windows"),
        ("windows on a terminal\r\r", "windows on a terminal"),
        (" 10%\r 55%\r100%", "100%"),
        (" 10%\r100%\r", "100%"),
        ("a longer line\rshort", "shortger line"),
        ("a longer line\rshort\x1b[K", "short"),
        ("a longer line\r\x1b[Kshort", "short"),
        ("a longer line\x1b[2K\rshort", "short"),
        ("a longer line\rshort        ", "short"),
        ("1%\b\b2%", "2%"),
        ("bo\bold and _\bu", "bold and u"),
        ("\b\bab", "ab"),
        ("abc\x1b[2DX", "aXc"),
        ("abc\x1b[1GX", "Xbc"),
        ("abc\x1b[2CX", "abc  X"),
        ("abc\x1b[1K\rx", "x"),
        ("a\x1b[99999Cb", "a" + " " * 199 + "b"),
        ("drawn\x1b7 and\x1b8 or", "drawn ord"),
        ("kept \x1b7\x1b[24;1Hstatus line\x1b8text", "kept text"),
        ("\r[1/2] a\x1b[K\r[2/2] b\x1b[K\r", "[2/2] b"),
        *[(f"[1/20] a{clear}[2/20] b{clear}[3/20]{clear}[4/4] c", "[4/4] c") for clear in CLEARED_AT_START],
        *[(f"a longer line{start}short", "shortger line") for start in ("\x1b[G", "\x1b[0G", "\x1b[1G", "\x1b[1`")],
    ],
)
def test_what_was_drawn_over_is_shown_as_in_the_end(written: str, shown: str) -> None:
    assert contents_of(written + "\n") == [shown]


def test_a_row_that_the_cursor_left_is_no_line() -> None:
    redraw = "\x1b[1m<====---> 42% EXECUTING [3s]\x1b[m\x1b[28D\x1b[1B> IDLE\x1b[6D\x1b[1A"
    assert contents_of(redraw * 5 + "\x1b[1B\x1b[1m> Task :a\x1b[m\x1b[0K\n" + redraw + "\n") == ["> Task :a"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"caf\xe9", "caf\ufffd"),
        (b"cut \xe2\x82", "cut \ufffd"),
        ("grün ✘ 🚀".encode(), "grün ✘ 🚀"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_bytes_that_are_not_utf_8_become_replacement_characters(written: bytes, shown: str) -> None:
    assert contents_of(written + b"\nnext\n") == [shown, "next"]
    assert contents_of(written) == [shown]


def test_what_shows_nothing_is_not_left_over() -> None:
    assert contents_of(b"") == []
    assert contents_of(b"a\n\x1b[0m") == ["a"]
    assert contents_of(b"a\n\r\x1b[K") == ["a"]
    assert contents_of(b"a\n\n") == ["a", ""]


@pytest.mark.parametrize("log", sorted(LOGS.glob("*.log")), ids=lambda log: str(log.name))
def test_no_text_of_an_ordinary_log_is_lost(log: object) -> None:
    data = LOGS.joinpath(str(log)).read_bytes()
    assert not set(data) & {0x0D, 0x1B}
    assert "\n".join(contents_of(data)) == data.decode().removesuffix("\n")


@given(st.lists(st.sampled_from(["\b", "\b" * 2, "\b" * 5, "a", "bc", "|\b", " ", "\x1b[1m", "12345"]), max_size=40))
def test_a_backspace_is_a_movement_to_the_left(parts: list[str]) -> None:
    text = "".join(parts)
    assert contents_of(text) == contents_of(text.replace("\b", "\x1b[D"))
