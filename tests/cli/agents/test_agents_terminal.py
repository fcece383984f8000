"""What the agents' commands show on a terminal of 80 columns."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from millstream import Client, Instance, InstanceStatus, InstanceType, McpEvent, Relationship, RelationshipType
from millstream.blocking.agents.calls import Agents
from millstream.testing import MillstreamService
from tests.run.terminal import Seat

MILLSTREAM = [sys.executable, "-c", "from millstream.cli.app import main; main()", "agents"]
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
Open = Callable[..., Seat]


@pytest.fixture
def on_terminal(millstream_service: MillstreamService, monkeypatch: pytest.MonkeyPatch) -> Open:
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("MILLSTREAM_ADDRESS", millstream_service.address)
    return lambda *arguments: Seat([*MILLSTREAM, *arguments])


def lines(seen: bytes) -> list[str]:
    return ESCAPES.sub(b"", seen).decode().replace("\r\n", "\n").replace("\r", "\n").splitlines()


def shown(seat: Seat) -> list[str]:
    with seat:
        assert seat.finish() == 0, seat.seen
        return lines(seat.seen)


@pytest.fixture
def agents(millstream_client: Client) -> Agents:
    """One instance of each status, with long names."""
    client = millstream_client
    client.agents.create_instance(Instance(id="planner", type=InstanceType.INSTANCE_TYPE_PLANNING))
    for status in InstanceStatus.keys()[1:]:
        made = Instance(issue_number=12_345, status=status, pr_number=9_876, parent_instance_id="planner")
        made.branch_name = "feature/steam-without-any-drips-at-all"
        client.agents.create_instance(made)
    return client.agents


def test_the_table_fits_and_names_parents_whole(on_terminal: Open, agents: Agents) -> None:
    table = shown(on_terminal("list"))
    assert len(table) == 8
    assert all(len(line) <= 80 for line in table)
    assert table[0].split()[:3] == ["AGE", "ID", "TYPE"]
    for status in ("● started", "○ waiting_review", "◆ pr_created", "✓ pr_merged", "✗ pr_closed", "■ terminated"):
        assert sum(status in line for line in table) == (2 if status == "● started" else 1)
    assert all(re.search(r" work-12345-a\d ", line) for line in table[1:-1])
    assert all(line.split()[-1] == "planner" for line in table[1:-1])


def test_a_watched_table_changes_in_place(on_terminal: Open, agents: Agents) -> None:
    with on_terminal("list", "--watch", "--type", "planning") as seat:
        seat.wait_for(b"1 instance, 1 not terminated. Ctrl-C to leave.")
        agents.update_instance_status("planner", InstanceStatus.INSTANCE_STATUS_TERMINATED)
        before = seat.wait_for(b"1 instance, 0 not terminated. Ctrl-C to leave.")
        assert b"\x1b[1A" in before
        assert any("■ terminated" in line for line in lines(before))
        assert all(len(line) <= 80 for line in lines(before))
        seat.press(b"\x03")
        assert seat.finish() == 130
        assert b"Traceback" not in seat.seen


def test_a_table_longer_than_the_terminal_says_how_many_there_are(on_terminal: Open, agents: Agents) -> None:
    for _ in range(30):
        agents.create_instance(Instance(issue_number=7))
    with on_terminal("list", "--watch") as seat:
        before = seat.wait_for(b"37 instances, 36 not terminated.")
        assert sum(" work-7-a" in line for line in lines(before)) == 20


def test_a_deep_tree_is_drawn_whole(on_terminal: Open, agents: Agents) -> None:
    parent = "planner"
    for number in range(25):
        parent = agents.create_instance(Instance(id=f"deep-{number}", parent_instance_id=parent)).instance.id
    tree = shown(on_terminal("tree", "deep-3"))
    joined = "\n".join(tree)
    assert all(f"deep-{number}  coding  ● started" in joined for number in range(25))


def test_a_long_value_is_cut_and_a_secret_not_shown(on_terminal: Open, agents: Agents) -> None:
    agents.set_config("agents.prompt", "word " * 100)
    agents.set_config("agents.lines", "one\ntwo\x1b[2J")
    table = shown(on_terminal("config", "list"))
    assert [line.split()[0] for line in table] == ["KEY", "agents.lines", "agents.prompt"]
    assert all(len(line) <= 80 for line in table)
    assert table[2].rstrip().endswith("…")
    assert "\x1b" not in table[1]


def test_events_are_told_by_the_clock(on_terminal: Open, agents: Agents) -> None:
    agents.log_mcp_event(McpEvent(instance_id="planner", tool_name="plan", success=True))
    agents.log_mcp_event(McpEvent(instance_id="planner", tool_name="plan", error_message="no\nidea"))
    with on_terminal("events", "planner", "--follow") as seat:
        seat.wait_for("✗".encode())
        agents.update_instance_status("planner", InstanceStatus.INSTANCE_STATUS_TERMINATED)
        seat.wait_for(b"terminated")
        seat.press(b"\x03")
        assert seat.finish() == 130
    reported = shown(on_terminal("events", "planner"))
    assert [line.split("  ", 1)[1] for line in reported] == [
        "planner  plan  ✓",
        "planner  plan  ✗ no idea",
        "planner  status  ✓ → terminated",
    ]


def test_who_is_related_to_whom(on_terminal: Open, agents: Agents) -> None:
    kind = RelationshipType.RELATIONSHIP_TYPE_PLANNING_TO_ISSUE
    agents.create_relationship(Relationship(parent_instance="planner", child_instance="work-12345-a1", type=kind))
    assert "  planning to issue → work-12345-a1" in shown(on_terminal("show", "planner"))
    assert "  planning to issue ← planner" in shown(on_terminal("show", "work-12345-a1"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "nobody"], "millstream: there is no instance 'nobody'"),
        (["tree", "nobody"], "millstream: there is no instance 'nobody'"),
        (["config", "get", "nothing"], "millstream: there is no config 'nothing'"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(on_terminal: Open, arguments: list[str], said: str) -> None:
    with on_terminal(*arguments) as seat:
        assert seat.finish() == 1
        assert lines(seat.seen) == [said]


@pytest.mark.parametrize("arguments", [["list"], ["tree"], ["config", "list"]])
def test_a_person_is_told_that_there_is_nothing_yet(on_terminal: Open, arguments: list[str]) -> None:
    (line,) = shown(on_terminal(*arguments))
    assert line in {"no instances yet", "no settings yet"}


def test_help_fits(on_terminal: Open) -> None:
    commands: list[Any] = [["list"], ["show"], ["events"], ["tree"], ["sync-issues"], ["config", "set"]]
    for command in ([], *commands):
        assert all(len(line) <= 80 for line in shown(on_terminal(*command, "--help")))
