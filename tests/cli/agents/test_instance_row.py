"""Instances as tables."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_WAITING_REVIEW, INSTANCE_TYPE_PLANNING, Instance
from millstream.cli.agents.instance_row import HEADINGS, InstanceRow, instance_row, instance_table, plain_line
from millstream.cli.shared.columns import NOTHING

Render = Callable[..., str]


@pytest.fixture
def instance(now: datetime) -> Instance:
    made = Instance(
        id="work-123-a1",
        type=INSTANCE_TYPE_PLANNING,
        status=INSTANCE_STATUS_WAITING_REVIEW,
        issue_number=123,
        pr_number=17,
        parent_instance_id="work-123-a0",
        branch_name="feature/steam-without-drips",
    )
    made.created_at.FromDatetime(now - timedelta(minutes=5))
    made.last_activity.FromDatetime(now - timedelta(seconds=12))
    return made


def test_the_cells(instance: Instance, now: datetime) -> None:
    assert instance_row(instance, now) == InstanceRow(
        "5m", "work-123-a1", "planning", "waiting_review", "#123", "#17", "12s", "work-123-a0", instance.branch_name
    )


def test_no_cell_is_empty(now: datetime) -> None:
    assert all(instance_row(Instance(), now))
    assert instance_row(Instance(id="a"), now).issue == NOTHING


def test_a_value_of_a_newer_service_is_its_number(now: datetime) -> None:
    row = instance_row(Instance(status=99, type=98), now)  # type: ignore[arg-type]
    assert (row.status, row.type) == ("99", "98")


def test_a_plain_line_stands_below_its_headings(instance: Instance, now: datetime) -> None:
    headings, line = plain_line(HEADINGS), plain_line(instance_row(instance, now))
    assert headings.index("STATUS") == line.index("waiting_review")
    assert headings.index("BRANCH") == line.index("feature/")


@pytest.mark.parametrize("width", range(40, 200, 8))
def test_a_table_fits(instance: Instance, now: datetime, render: Render, width: int) -> None:
    rows = [instance_row(instance, now), instance_row(Instance(id="x" * 60, branch_name="y" * 90), now)]
    lines = render(instance_table(rows, width), width=width).splitlines()
    assert len(lines) == 3
    assert all(len(line.rstrip()) <= width for line in lines)
    assert "waiting_review" in lines[1]


def test_at_eighty_columns_it_says_who_does_what(instance: Instance, now: datetime, render: Render) -> None:
    heading, line = render(instance_table([instance_row(instance, now)], 80)).splitlines()
    assert heading.split()[:6] == ["AGE", "ID", "TYPE", "STATUS", "ISSUE", "PR"]
    assert line.split()[:5] == ["5m", "work-123-a1", "planning", "○", "waiting_review"]
