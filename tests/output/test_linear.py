"""The work grows no faster than the text: whatever a build writes, it can't hang its recorder."""

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream import output
from millstream.output import OutputParser
from millstream.output.lines import row
from millstream.output.lines.content import split
from millstream.output.lines.openings import Openings
from millstream.output.messages.table import BY_TEXT
from tests.output.output_of import CLEARED_AT_START, lines_of

MAX_REPEATS = 4096
MAX_REPEATS_AROUND_ANOTHER = 16


def _patterns() -> dict[str, list[re.Pattern[Any]]]:
    patterns: dict[str, list[re.Pattern[Any]]] = {}
    for module in pkgutil.walk_packages(output.__path__, "millstream.output."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                patterns[f"{module.name}.{name}"] = [value]
            elif isinstance(value, Openings):
                patterns[f"{module.name}.{name}"] = value.patterns
    return patterns | {f"{row.tool}: {row.pattern}": [row.compiled] for row in BY_TEXT}


def _repeats(tree: Any, around: int = 1) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, most times, how often what is around it may be tried again) of each repeat in a parsed pattern."""
    for kind, argument in tree:
        if str(kind).endswith("_REPEAT"):
            most, body = int(argument[1]), argument[2]
            yield str(kind), most, around
            yield from _repeats(body, around if str(kind).startswith("POSSESSIVE") else around * most)
        else:
            for part in _parts(argument):
                yield from _repeats(part, around)


def _parts(argument: Any) -> Iterator[Any]:
    if hasattr(argument, "data"):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for part in argument:
            yield from _parts(part)


PATTERNS = _patterns()


@pytest.mark.parametrize("name", PATTERNS)
def test_what_repeats_in_a_pattern_is_bounded_or_never_tried_again(name: str) -> None:
    parser = sys.modules["re._parser"]
    for pattern in PATTERNS[name]:
        for kind, most, around in _repeats(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)):
            assert kind == "POSSESSIVE_REPEAT" or most <= MAX_REPEATS
            assert kind == "POSSESSIVE_REPEAT" or most <= 1 or around <= MAX_REPEATS_AROUND_ANOTHER


def _work(parse: Callable[[], object]) -> int:
    """Count the lines of code that `parse` runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse()
    finally:
        sys.settrace(before)
    return count


FRAGMENTS = [
    *[
        "\r",
        "\b",
        "\b\b\bxyz",
        "|\b",
        "\n",
        "a",
        " ",
        "\t",
        "\x1b",
        "\x1b[",
        "\x1b[K",
        "\x1b[1K",
        "\x1b[2Kx",
        "\x1b[9C",
        "\x1b]",
        "\x1b]0;",
    ],
    *[
        "\x07",
        "\x1b7",
        "\x1b8",
        "\x1b[A",
        "\x1bP",
        "é",
        ": error",
        ":1",
        ":1:1: error: ",
        "error: ",
        "(1)",
        "a/",
        ".py",
    ],
    *["::", " > ", " FAILED", "***", "[1/2] ", "[", "]", " --> ", ": In a", "=", "1 a, ", "gcc -c ", "test ", " ... "],
    *[
        '", line 1',
        "(1,2)",
        " Error",
        "ld: ",
        "12:00:00 ",
        "[javac] ",
        "#1 0.1 ",
        ": a ",
        ":1:",
        "[error]",
        "x | ",
        "s[1, 2]: ",
    ],
    *["Test Case '", "' failed ", "✘ Test ", " failed after ", "not found", "A.", "Error: ", "make", "-", "a-"],
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4).map("".join))
def test_twice_the_text_is_twice_the_work(text: str) -> None:
    data = text.encode() * 200
    once, twice = _work(lambda: lines_of(data)), _work(lambda: lines_of(data * 2))
    assert twice <= 2.2 * once + 200


@pytest.mark.parametrize("text", [b"plain\n", b"x", b"\r[1/9] a", b"\x1b[1m"])
def test_many_small_parts_cost_the_same_each(text: bytes) -> None:
    def feed(times: int) -> None:
        parser = OutputParser("stdout")
        for byte in text * times:
            parser.feed(bytes([byte]))

    once, twice = _work(lambda: feed(100)), _work(lambda: feed(200))
    assert twice <= 2.2 * once + 200


@pytest.mark.parametrize("front", ["x", " ", "a.c:1:2: error: ", "[INFO] ", "gcc -c "])
def test_only_the_front_of_a_line_is_looked_at(front: str) -> None:
    [line] = lines_of(front + "y" * 5000 + " error: a.c:1:2: warning: x [1/2] FAILED\n")
    [short] = lines_of(front + "y" * 4500 + "\n")
    assert (line.level, line.category, line.progress) == (short.level, short.category, short.progress)


@pytest.mark.parametrize(
    "text",
    [
        "\b",
        "|\b/\b-\b\\\b",
        "\b\x1b[31m|\x1b[0m",
        "_\bx",
        "\b\b\b\b 42%",
        "\b\b\b\b    \b\b\b\b 42%",
        "[====  ]" + "\b" * 8,
    ],
)
def test_what_is_drawn_with_backspaces_costs_no_work_for_each_drawing(text: str) -> None:
    size = 1 << 20
    work = _work(lambda: lines_of(text * (size // len(text)) + "\n"))
    assert work < size // 200


@pytest.mark.parametrize("text", ["x" * 64, "\x1b[31mred\x1b[0m and more", "a\x07b\x00c"])
def test_what_is_only_text_in_the_end_costs_no_work_for_each_part_of_a_long_line(text: str) -> None:
    size = 1 << 22
    data = text.encode() * (size // len(text))
    parser = OutputParser("stdout")
    work = _work(lambda: [parser.feed(data[start : start + 65536]) for start in range(0, len(data), 65536)])
    assert work < size // 1000


@pytest.mark.parametrize("text", ["x" * 64, "\x1b]8;;a\x07link\x1b]8;;\x07 é"])
def test_of_a_long_line_no_piece_is_put_together_twice(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    sizes = []

    def noting_split(joined: str) -> list[str]:
        sizes.append(len(joined))
        return split(joined)

    monkeypatch.setattr(row, "split", noting_split)
    data = text.encode() * ((5 << 20) // len(text))
    parser = OutputParser("stdout")
    for start in range(0, len(data), 65536):
        parser.feed(data[start : start + 65536])
    assert sum(sizes) <= 2 * len(data)


@pytest.mark.parametrize("clear", CLEARED_AT_START)
def test_a_line_that_is_drawn_anew_costs_the_same_however_it_is_cleared(clear: str) -> None:
    def draw(start: str) -> Callable[[], object]:
        data = "".join(f"{start}[{number}/999] Building" for number in range(999)).encode()
        return lambda: lines_of(data)

    assert _work(draw(clear)) <= 1.1 * _work(draw("\r\x1b[K"))
