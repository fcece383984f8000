"""A build in words, and the table for pipes."""

from collections.abc import Callable
from datetime import datetime

from millstream.builds.v1.build_pb2 import BUILD_STATUS_FAILED, BUILD_STATUS_QUEUED, BUILD_STATUS_RUNNING, Build
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.cli.builds.origin import NOWHERE, Origin
from millstream.cli.builds.row import HEADINGS, build_row, percent, plain_line, plain_table
from millstream.cli.shared.columns import NOTHING

MakeBuild = Callable[..., Build]


def test_a_row_says_what_a_build_is(make_build: MakeBuild, origin: Origin, now: datetime) -> None:
    build = make_build(
        ago=7200,
        ran=185,
        status=BUILD_STATUS_FAILED,
        progress=0.456,
        version_string="1.10.2",
        build_number=268,
        commit_hash="0f3ac1e99887766554433221100",
        branch="main",
    )
    assert build_row(build, origin, "01928c3e", now) == (
        *("2h", "zlib", "default", "1.10.2", "268", "failed", "45%", "3m 05s", "main", "0f3ac1e", "01928c3e"),
    )


def test_a_cell_is_never_empty(make_build: MakeBuild, now: datetime) -> None:
    row = build_row(make_build(started=False, status=BUILD_STATUS_QUEUED), NOWHERE, "x", now)
    assert all(row)
    assert (row.project, row.version, row.number, row.duration, row.branch, row.commit) == (NOTHING,) * 6


def test_a_status_of_a_newer_service_is_a_number(make_build: MakeBuild, origin: Origin, now: datetime) -> None:
    assert build_row(make_build(status=17), origin, "x", now).status == "17"


def test_names_never_break_a_line_or_steer_the_terminal(make_build: MakeBuild, now: datetime) -> None:
    origin = Origin(Project(name="two\nlines\x1b[31m"), Scheme(name="\t"))
    row = build_row(make_build(status=BUILD_STATUS_RUNNING), origin, "x", now)
    assert row.project == "two lines [31m"
    assert row.scheme == NOTHING


def test_only_what_is_done_says_100_percent() -> None:
    assert [percent(progress) for progress in (0, 0.29, 0.999, 1)] == ["0%", "29%", "99%", "100%"]


def test_columns_of_a_plain_table_are_aligned(make_build: MakeBuild, origin: Origin, now: datetime) -> None:
    rows = [
        build_row(make_build(status=BUILD_STATUS_RUNNING, version_string=version), origin, "01928c3e", now)
        for version in ("1.0", "1.10.2-beta.4")
    ]
    lines = list(plain_table(rows))
    for heading, values in zip(HEADINGS, zip(*rows, strict=True), strict=True):
        start = lines[0].index(heading)
        assert all(line[start:].startswith(value) for line, value in zip(lines[1:], values, strict=True))
    assert lines[0].split() == list(HEADINGS)
    assert all(line == line.rstrip() for line in lines)


def test_lines_that_come_one_by_one_are_aligned_with_their_headings(
    make_build: MakeBuild, origin: Origin, now: datetime
) -> None:
    row = build_row(make_build(status=BUILD_STATUS_RUNNING, version_string="1.0"), origin, "01928c3e", now)
    assert plain_line(HEADINGS).index("STATUS") == plain_line(row).index("running")
