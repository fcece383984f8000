"""How far a build says that it is."""

import pytest

from millstream.output import OutputParser
from tests.output.output_of import lines_of


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        ("[12/340] Building C object a.o", 12 / 340),
        ("[0/4] Building C object a.o", 0.0),
        ("[308/308] Emitting module A", 1.0),
        ("[ 3/10] Compiling A", 0.3),
        ("[123 / 4,567] 8 actions running", 123 / 4567),
        ("[ 12% 34/567] clang a.c", 34 / 567),
        ("[ 50%] Linking C executable a", 0.5),
        ("[100%] Built target a", 1.0),
        ("[1/4] Resolving packages...", 0.25),
        ("    Building [====>                  ] 12/34: serde, syn", 12 / 34),
        ("<====---------> 42% EXECUTING [3s]", 0.42),
        ("tests/test_a.py::test_b PASSED                       [ 66%]", 0.66),
        ("tests/test_a.py ....F..                              [ 20%]", 0.2),
        ("..F.E                                                [100%]", 1.0),
        ("<=============> 100% CONFIGURING [3s]", None),
        ("[12/3] more than all", None),
        ("[1/0] of nothing", None),
        ("[101%] Building", None),
        ("[2024/12/31 10:00:00] a date", None),
        ("    Building [====>                  ] 12/3", None),
        ("see [3/10]", None),
        ("saved 50%] of it", None),
        ("[ERROR] x", None),
        ("[", None),
        ("", None),
    ],
)
def test_progress_of_a_line(text: str, progress: float | None) -> None:
    assert [line.progress for line in lines_of(text + "\n")] == [progress]


def test_the_parser_has_the_newest_progress() -> None:
    parser = OutputParser("stdout")
    seen = [parser.progress]
    for data in (b"[1/4] a\nplain\n", b"[1/8] another build\n"):
        parser.feed(data)
        seen.append(parser.progress)
    assert seen == [None, 0.25, 0.125]


@pytest.mark.parametrize(
    ("redraws", "progress"),
    [
        ([b"\r[1/4] Building a.o\x1b[K", b"\r[2/4] Building b.o\x1b[K"], [0.25, 0.5]),
        ([b"    Building [=>    ] 1/4: a\r", b"    Building [===>  ] 3/4: b\r"], [0.25, 0.75]),
        ([b"    Building [=>    ] 1/1", b"0: a\r"], [None, 0.1]),
        ([b"\x1b[1m<=---> 10% EXECUTING [1s]\x1b[m\x1b[24D\x1b[1B> IDLE\x1b[6D\x1b[1A"], [0.1]),
        ([b"[1", b"/4", b"] a.o"], [None, None, 0.25]),
        ([b"[1/4] a\n[2/4] b\n[3/4] c"], [0.75]),
        ([b"x" * 9000 + b" [1/4] a"], [None]),
        ([b"x" * 9000 + b"\r[1/4] a"], [0.25]),
    ],
)
def test_a_line_that_is_drawn_again_tells_its_progress_before_it_ends(
    redraws: list[bytes], progress: list[float | None]
) -> None:
    parser = OutputParser("stdout")
    seen = []
    for data in redraws:
        parser.feed(data)
        seen.append(parser.progress)
    assert seen == progress


def test_only_the_last_state_of_a_redrawn_line_is_stored() -> None:
    lines = lines_of("".join(f"\r[{n}/9] Building {n}.o\x1b[K" for n in range(10)) + "\n")
    assert [(line.content, line.progress) for line in lines] == [("[9/9] Building 9.o", 1.0)]
