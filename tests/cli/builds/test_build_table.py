"""The table of builds on a terminal fits into it, whatever the builds are."""

from collections.abc import Callable
from datetime import datetime

import pytest

from millstream.builds.v1.build_pb2 import Build, BuildStatus
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.cli.builds.origin import Origin
from millstream.cli.builds.row import BuildRow, build_row
from millstream.cli.builds.table import build_table
from millstream.cli.shared.short_id import ShortIds

MakeBuild = Callable[..., Build]
Render = Callable[..., str]


@pytest.fixture
def builds(make_build: MakeBuild) -> list[Build]:
    return [
        make_build(
            id=f"01928c3e-7f2{place}-7abc-8000-000000000000",
            ago=100 * 9**place,
            ran=None if status == BuildStatus.BUILD_STATUS_RUNNING else 40 * 9**place,
            status=status,
            progress=0.45,
            version_string="2.0.0-beta.14",
            build_number=12_345 + place,
            commit_hash="0f3ac1e9988776655",
            branch=f"feature/branches-{place}",
        )
        for place, status in enumerate(BuildStatus.values()[1:])
    ]


@pytest.fixture
def rows(builds: list[Build], now: datetime) -> list[BuildRow]:
    origin = Origin(Project(name="Commander-in-Chief of 工程"), Scheme(name="Release-Distribution"))
    short = ShortIds(build.id for build in builds)
    return [build_row(build, origin, short.of(build.id), now) for build in builds]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 240])
def test_it_fits(builds: list[Build], rows: list[BuildRow], width: int, render: Render) -> None:
    lines = render(build_table(builds, rows, width), width=width).splitlines()
    assert len(lines) == len(builds) + 1
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_what_one_needs_to_go_on_is_never_cut(
    builds: list[Build], rows: list[BuildRow], width: int, render: Render
) -> None:
    for line, row in zip(render(build_table(builds, rows, width), width=width).splitlines()[1:], rows, strict=True):
        assert row.status in line
        assert row.number in line
        assert row.id in line


def test_a_wide_terminal_shows_all(builds: list[Build], rows: list[BuildRow], render: Render) -> None:
    text = render(build_table(builds, rows, 200), width=200)
    headings = ["AGE", "PROJECT", "SCHEME", "VERSION", "#", "STATUS", "TIME", "BRANCH", "COMMIT", "ID"]
    assert text.split("\n")[0].split() == headings
    assert "● running ━━━━╸───── 45%" in text
    assert "Commander-in-Chief of 工程  Release-Distribution  2.0.0-beta.14" in text


def test_without_branches_there_is_no_column_for_them(
    builds: list[Build], rows: list[BuildRow], render: Render
) -> None:
    text = render(build_table(builds, [row._replace(branch="-") for row in rows], 200), width=200)
    assert "BRANCH" not in text


def test_eighty_columns_leave_out_the_commit_and_the_branch_first(
    builds: list[Build], rows: list[BuildRow], render: Render
) -> None:
    headings = render(build_table(builds, rows, 80)).split("\n")[0].split()
    assert headings == ["AGE", "PROJECT", "SCHEME", "VERSION", "#", "STATUS", "TIME", "ID"]


def test_only_an_unfinished_build_shows_how_far_it_came(
    builds: list[Build], rows: list[BuildRow], render: Render
) -> None:
    lines = render(build_table(builds, rows, 80)).splitlines()[1:]
    percents = {row.status: "45%" in line for row, line in zip(rows, lines, strict=True)}
    assert percents == {"queued": False, "running": True, "completed": False, "failed": True, "cancelled": True}


def test_no_builds_are_a_table_of_headings(render: Render) -> None:
    assert render(build_table([], [], 80)).startswith("AGE  PROJECT")
