"""What an instance did, in a line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_PR_CREATED
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.cli.agents.event_text import event_line, event_text

Render = Callable[..., str]
Make = Callable[..., McpEvent]

HAPPENED = datetime(2026, 11, 21, 8, 55, 58, 123_000, tzinfo=UTC)
LATER = HAPPENED.astimezone().replace(hour=23, minute=59)
"""The same day, where the reader's clock is."""


@pytest.fixture
def make() -> Make:
    def event(**fields: object) -> McpEvent:
        made = McpEvent(**({"instance_id": "work-1-a1", "tool_name": "create_pr", "success": True} | fields))  # type: ignore[arg-type]
        made.timestamp.FromDatetime(HAPPENED)
        return made

    return event


def test_a_line_for_scripts_has_fields_without_spaces(make: Make) -> None:
    assert event_line(make()) == "2026-11-21T08:55:58.123Z work-1-a1 create_pr ok"
    assert event_line(make(tool_name="create pr")).split()[2] == "create_pr"
    failed = make(success=False, error_message="no such\nbranch")
    assert event_line(failed) == "2026-11-21T08:55:58.123Z work-1-a1 create_pr failed no such branch"


def test_a_change_of_status_says_to_which(make: Make) -> None:
    changed = make(tool_name="", status_change=INSTANCE_STATUS_PR_CREATED)
    assert event_line(changed) == "2026-11-21T08:55:58.123Z work-1-a1 status ok ->pr_created"
    called = make(status_change=INSTANCE_STATUS_PR_CREATED)
    assert event_line(called) == "2026-11-21T08:55:58.123Z work-1-a1 create_pr ok ->pr_created"


def test_a_line_for_people(make: Make, render: Render) -> None:
    assert render(event_text(make(), LATER)).rstrip()[8:] == "  work-1-a1  create_pr  ✓"
    failed = make(success=False, error_message="no such branch", status_change=INSTANCE_STATUS_PR_CREATED)
    assert render(event_text(failed, LATER)).rstrip()[8:] == "  work-1-a1  create_pr  ✗ → pr_created no such branch"
    assert "work-1-a1" not in render(event_text(make(), LATER, with_instance=False))


def test_what_happened_on_another_day_has_its_date(make: Make, render: Render) -> None:
    assert render(event_text(make(), LATER)).startswith(f"{HAPPENED.astimezone():%H:%M:%S}  ")
    tomorrow = LATER + timedelta(days=1)
    assert render(event_text(make(), tomorrow)).startswith(f"{HAPPENED.astimezone():%Y-%m-%d %H:%M:%S}  ")


def test_an_event_steers_no_terminal(make: Make, render: Render) -> None:
    hostile = "\x1b[2J\nx"
    event = make(instance_id=hostile, tool_name=hostile, error_message=hostile, success=False)
    for line in (render(event_text(event, LATER), width=200), event_line(event)):
        assert "\x1b" not in line
        assert len(line.splitlines()) == 1
