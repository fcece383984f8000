"""`millstream agents list`, `show`, `events`, `tree`."""

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from millstream import (
    Client,
    Instance,
    InstanceStatus,
    InstanceType,
    McpEvent,
    Relationship,
    RelationshipType,
)
from millstream.blocking.agents.calls import Agents
from tests.deadline import patience

Command = Callable[..., Any]
MILLSTREAM = [sys.executable, "-c", "from millstream.cli.app import main; main()", "agents"]
WAITING = InstanceStatus.INSTANCE_STATUS_WAITING_REVIEW


@pytest.fixture
def agents(millstream_client: Client) -> Agents:
    """A planner, a coder of its issue, and a reviewer."""
    client = millstream_client
    client.agents.create_instance(Instance(id="planner", type=InstanceType.INSTANCE_TYPE_PLANNING))
    client.agents.create_instance(Instance(issue_number=123, branch_name="steam", parent_instance_id="planner"))
    client.agents.create_instance(Instance(issue_number=123, type=InstanceType.INSTANCE_TYPE_REVIEW))
    client.agents.create_relationship(
        Relationship(
            parent_instance="work-123-a1",
            child_instance="work-123-a2",
            type=RelationshipType.RELATIONSHIP_TYPE_SPAWNED_REVIEW,
        )
    )
    client.agents.log_mcp_event(McpEvent(instance_id="work-123-a1", tool_name="create_pr", success=True))
    client.agents.update_instance_status("work-123-a1", WAITING)
    return client.agents


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([*MILLSTREAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def test_a_pipe_gets_a_plain_table_newest_first(command: Command, agents: Agents) -> None:
    code, out, err = command("agents", "list")
    assert (code, err) == (0, "")
    rows = [row.split() for row in out.splitlines()]
    assert rows[0] == ["AGE", "ID", "TYPE", "STATUS", "ISSUE", "PR", "ACTIVE", "PARENT", "BRANCH"]
    assert [row[1:5] for row in rows[1:]] == [
        ["work-123-a2", "review", "started", "#123"],
        ["work-123-a1", "coding", "waiting_review", "#123"],
        ["planner", "planning", "started", "-"],
    ]
    assert out.isascii()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--type", "coding"], ["work-123-a1"]),
        (["--type", "coding", "--type", "planning"], ["work-123-a1", "planner"]),
        (["--status", "waiting_review"], ["work-123-a1"]),
        (["--issue", "123"], ["work-123-a2", "work-123-a1"]),
        (["--issue", "0"], ["planner"]),
        (["--parent", "planner"], ["work-123-a1"]),
        (["--limit", "1"], ["work-123-a2"]),
        (["--status", "terminated"], []),
    ],
)
def test_filters(command: Command, agents: Agents, options: list[str], expected: list[str]) -> None:
    code, out, _ = command("agents", "list", "--json", *options)
    assert code == 0
    assert [fields["id"] for fields in json.loads(out)] == expected


def test_scripts_get_an_array_that_reads_back(command: Command, agents: Agents) -> None:
    parsed = [ParseDict(fields, Instance()) for fields in json.loads(command("agents", "list", "--json").out)]
    assert parsed == list(agents.list_instances(descending=True))


def test_nobody_is_no_line(command: Command) -> None:
    assert command("agents", "list") == (0, "", "")
    assert command("agents", "list", "--json") == (0, "[]\n", "")
    assert command("agents", "tree") == (0, "", "")
    assert command("agents", "tree", "--json") == (0, "[]\n", "")
    assert command("agents", "events") == (0, "", "")


def test_a_watch_prints_each_change_as_it_comes(millstream_service: Any, agents: Agents) -> None:
    with started("list", "--watch", "--json", "--address", millstream_service.address) as process:
        ids = [json.loads(line(process))["id"] for _ in range(3)]
        assert ids == ["planner", "work-123-a1", "work-123-a2"]
        agents.update_instance_status("planner", InstanceStatus.INSTANCE_STATUS_TERMINATED)
        changed = json.loads(line(process))
        assert (changed["id"], changed["status"]) == ("planner", "INSTANCE_STATUS_TERMINATED")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=patience(30))
        assert (process.returncode, err) == (130, "")


def test_a_watch_of_some_leaves_out_others(millstream_service: Any, agents: Agents) -> None:
    with started("list", "--watch", "--type", "review", "--address", millstream_service.address) as process:
        assert line(process).split()[:2] == ["AGE", "ID"]
        assert line(process).split()[1] == "work-123-a2"
        agents.create_instance(Instance(id="coder"))
        agents.create_instance(Instance(id="second", type=InstanceType.INSTANCE_TYPE_REVIEW))
        assert line(process).split()[1] == "second"


def test_all_that_is_known_of_one(command: Command, agents: Agents) -> None:
    code, out, err = command("agents", "show", "work-123-a1")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "work-123-a1  ○ waiting_review"
    assert "issue         #123" in lines
    assert "parent        planner" in lines
    assert "  spawned review 1 → work-123-a2" in lines
    assert [text.split(maxsplit=1)[1] for text in lines[-2:]] == ["create_pr  ✓", "status  ✓ → waiting_review"]


def test_one_as_an_object(command: Command, agents: Agents) -> None:
    fields = json.loads(command("agents", "show", "work-123-a1", "--json").out)
    assert fields["issue_number"] == "123"
    assert [one["child_instance"] for one in fields["relationships"]] == ["work-123-a2"]
    assert [event["tool_name"] for event in fields["last_mcp_events"]] == ["create_pr", ""]


@pytest.mark.parametrize("arguments", [("show", "x"), ("tree", "x"), ("events", "x"), ("events", "x", "--follow")])
def test_one_that_is_not_there(command: Command, agents: Agents, arguments: tuple[str, ...]) -> None:
    code, out, err = command("agents", *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("millstream: there is no instance 'x'")


def test_events_are_in_their_order(command: Command, agents: Agents) -> None:
    agents.log_mcp_event(McpEvent(instance_id="planner", tool_name="plan", error_message="no\nidea"))
    code, out, err = command("agents", "events")
    assert (code, err) == (0, "")
    assert [text.split(maxsplit=1)[1] for text in out.splitlines()] == [
        "work-123-a1 create_pr ok",
        "work-123-a1 status ok ->waiting_review",
        "planner plan failed no idea",
    ]
    assert command("agents", "events", "--limit", "1").out.split()[1] == "planner"
    assert len(command("agents", "events", "work-123-a1").out.splitlines()) == 2
    ids = [int(fields["id"]) for fields in json.loads(command("agents", "events", "--json").out)]
    assert ids == sorted(ids)
    assert len(ids) == 3


def test_events_are_followed(millstream_service: Any, agents: Agents) -> None:
    options = ("--follow", "--json", "--limit", "1", "--address", millstream_service.address)
    with started("events", "work-123-a1", *options) as process:
        assert json.loads(line(process))["status_change"] == "INSTANCE_STATUS_WAITING_REVIEW"
        agents.log_mcp_event(McpEvent(instance_id="planner", tool_name="plan"))
        for name in ("one", "two"):
            agents.log_mcp_event(McpEvent(instance_id="work-123-a1", tool_name=name))
            assert json.loads(line(process))["tool_name"] == name
        agents.delete_instance("work-123-a1")
        _, err = process.communicate(timeout=patience(30))
        assert process.returncode == 1
        assert err.startswith("millstream: there is no instance")


@pytest.mark.parametrize("instance", [(), ("work-123-a1",)])
def test_only_new_events_are_followed(millstream_service: Any, agents: Agents, instance: tuple[str, ...]) -> None:
    options = ("--follow", "--json", "--limit", "0", "--address", millstream_service.address)
    with started("events", *instance, *options) as process:
        assert process.stdout is not None
        until = time.monotonic() + patience(30)
        while not select.select([process.stdout], [], [], 0.1)[0]:  # until it listens
            assert time.monotonic() < until
            agents.log_mcp_event(McpEvent(instance_id="work-123-a1", tool_name="new"))
        assert json.loads(line(process))["tool_name"] == "new"


def test_a_tree(command: Command, agents: Agents) -> None:
    agents.create_instance(Instance(id="alone"))
    expected = [
        "planner  planning  ● started",
        "└── work-123-a1  coding  ○ waiting_review  #123",
        "    └── work-123-a2  review  ● started  #123  spawned review 1",
    ]
    code, out, err = command("agents", "tree")
    assert (code, err) == (0, "")
    assert [text.rstrip() for text in out.splitlines()] == [*expected, "alone  coding  ● started"]
    assert [text.rstrip() for text in command("agents", "tree", "work-123-a2").out.splitlines()] == expected
    (tree,) = json.loads(command("agents", "tree", "work-123-a2", "--json").out)
    assert tree["children"][0]["children"][0]["id"] == "work-123-a2"


def test_a_pipe_gets_each_line_of_a_tree_whole(command: Command, agents: Agents) -> None:
    parent = "planner"
    for number in range(30):
        parent = agents.create_instance(Instance(id=f"deep-{number}", parent_instance_id=parent)).instance.id
    lines = command("agents", "tree").out.splitlines()
    assert len(lines) == 33
    for number in range(30):
        assert sum(text.endswith(f" deep-{number}  coding  ● started") for text in lines) == 1
