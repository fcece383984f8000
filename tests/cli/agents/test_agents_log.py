"""`millstream agents log`: each line of stdin is an event, and a bad one harms none before it."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from millstream import Client, Instance, McpEvent
from millstream.cli.agents.log import MAX_LINE_BYTES

Command = Callable[..., Any]
Piped = Callable[[str], None]


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Piped:
    """Put a text on stdin."""

    def put(text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


@pytest.fixture
def client(millstream_client: Client) -> Client:
    for key in ("a", "b"):
        millstream_client.agents.create_instance(Instance(id=key))
    return millstream_client


def logged(client: Client) -> list[McpEvent]:
    return list(client.agents.list_mcp_events("a"))[::-1]


def test_each_line_is_an_event(command: Command, client: Client, piped: Piped) -> None:
    piped('{"tool_name": "read", "success": true, "metadata": {"file": "main.c"}}\n\n{"tool_name":"ß"}')
    assert command("agents", "log", "a") == (0, "", "")
    first, second = logged(client)
    assert (first.instance_id, first.tool_name, first.success) == ("a", "read", True)
    assert first.metadata["file"] == "main.c"
    assert second.tool_name == "ß"
    assert second.HasField("timestamp")


def test_what_events_prints_can_be_logged_again(command: Command, client: Client, piped: Piped) -> None:
    event = McpEvent(tool_name="x", error_message="two\nlines", metadata={"n": 1.5}, git_commit_hash="0" * 40)
    event.timestamp.FromSeconds(9)
    client.agents.log_mcp_event(McpEvent(instance_id="b"))
    with client.agents.event_writer("a") as log:
        log.write(event)
    [printed] = logged(client)
    from millstream.cli.shared.json_output import json_line

    piped(json_line(printed))
    assert command("agents", "log", "a")[0] == 0
    first, second = logged(client)
    assert second.id > first.id
    second.id = first.id
    assert second == first


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("no JSON", "Expecting value"),
        ('{"tool": "x"}', 'no field named "tool"'),
        ('{"instance_id": "b"}', "it is of b"),
        ("[]", "it is no object"),
        ('{"tool_name": "\udcff"}', "utf-8"),
        ('{"metadata": ' + '{"x": ' * 2_000 + "1" + "}" * 2_001, "line 2"),
        ('{"tool_name": "' + "x" * MAX_LINE_BYTES + '"}', "over 4,194,304 bytes"),
    ],
    ids=["text", "unknown field", "other instance", "list", "bytes", "deep", "long"],
)
def test_a_line_that_is_no_event_ends_it_after_those_before(
    command: Command, client: Client, piped: Piped, line: str, why: str
) -> None:
    piped(f'{{"tool_name": "good"}}\n{line}\n{{"tool_name": "after"}}\n')
    code, out, err = command("agents", "log", "a")
    assert (code, out) == (2, "")
    assert "line 2 is no event of a" in err
    assert why in err
    assert [one.tool_name for one in logged(client)] == ["good"]


def test_an_instance_that_is_not_there_is_told(command: Command, client: Client, piped: Piped) -> None:
    piped('{"tool_name": "x"}\n')
    code, _, err = command("agents", "log", "none")
    assert code == 1
    assert "none" in err


def test_a_name_that_is_too_long_is_told(command: Command, client: Client, piped: Piped) -> None:
    piped('{"tool_name": "' + "x" * 256 + '"}\n')
    code, _, err = command("agents", "log", "a")
    assert code == 2
    assert "events[0].tool_name" in err


@pytest.mark.parametrize("line", ['{"\\u001b[2J": 1}', '{"instance_id": "\\u001b[2J"}'])
def test_what_a_bad_line_says_steers_no_terminal(command: Command, client: Client, piped: Piped, line: str) -> None:
    piped(line)
    code, _, error = command("agents", "log", "a")
    assert code == 2
    assert "␛[2J" in error
    assert "\x1b" not in error
