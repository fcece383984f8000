"""What a search shows: each line once, hits marked as such, in grep's form."""

from collections.abc import Callable, Sequence

import pytest

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.cli.logs.hit_text import coloured_hits, match_spans, piped_hits
from millstream.cli.shared.short_id import ShortIds

MakeLine = Callable[..., BuildLog]
MakeHit = Callable[..., SearchHit]


@pytest.fixture
def make_hit(make_line: MakeLine) -> MakeHit:
    def make(seq: int, before: Sequence[int] = (), after: Sequence[int] = (), build_id: str = "build-1") -> SearchHit:
        def line(number: int) -> BuildLog:
            return make_line(number, f"line {number}", build_id=build_id)

        return SearchHit(build_log=line(seq), before=map(line, before), after=map(line, after))

    return make


def _piped(hits: Sequence[SearchHit], *, in_groups: bool = True) -> list[str]:
    return list(piped_hits(hits, ShortIds(()), in_groups=in_groups))


def test_hits_look_like_those_of_grep(make_hit: MakeHit) -> None:
    hits = [make_hit(3), make_hit(9), make_hit(1, build_id="build-2")]
    assert _piped(hits, in_groups=False) == ["build-1:3: line 3", "build-1:9: line 9", "build-2:1: line 1"]


def test_groups_that_do_not_touch_are_kept_apart(make_hit: MakeHit) -> None:
    hits = [make_hit(3, [2], [4]), make_hit(9, [8]), make_hit(10, build_id="build-2")]
    assert _piped(hits) == [
        *("build-1-2- line 2", "build-1:3: line 3", "build-1-4- line 4", "--"),
        *("build-1-8- line 8", "build-1:9: line 9", "--", "build-2:10: line 10"),
    ]


def test_lines_that_hits_share_come_once_and_a_hit_stays_one(make_hit: MakeHit) -> None:
    hits = [make_hit(3, [1, 2], [4, 5]), make_hit(4, [2, 3], [5, 6]), make_hit(8, [6, 7], [9])]
    assert _piped(hits) == [
        *("build-1-1- line 1", "build-1-2- line 2", "build-1:3: line 3", "build-1:4: line 4", "build-1-5- line 5"),
        *("build-1-6- line 6", "build-1-7- line 7", "build-1:8: line 8", "build-1-9- line 9"),
    ]


@pytest.mark.parametrize(
    ("query", "options", "expected"),
    [
        ("l.ne", {}, []),
        ("LINE", {}, []),
        ("LINE", {"ignore_case": True}, ["line", "LiNe"]),
        ("l.n[ex]", {"regex": True}, ["line"]),
        ("l.ne", {"regex": True, "ignore_case": True}, ["line", "LiNe"]),
        ("x*", {"regex": True}, []),
    ],
)
def test_what_matched_is_highlighted(
    make_line: MakeLine, query: str, options: dict[str, bool], expected: list[str]
) -> None:
    hit = SearchHit(build_log=make_line(1, "é: line, LiNe"))
    spans = match_spans(query, regex=options.get("regex", False), ignore_case=options.get("ignore_case", False))
    (text,) = coloured_hits([hit], ShortIds(()), spans, in_groups=False)
    red = [text.plain[span.start : span.end] for span in text.spans if span.style == "bold red"]
    assert [part for part in red if part] == expected
    assert text.plain == "build-1:1: é: line, LiNe"
