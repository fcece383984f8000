"""Every request gets an answer: what is none too, and what was asked last of all."""

import json
from typing import Any

import pytest

from tests.mcp.test_protocol import initialize
from tests.mcp.tools import served_lines

PING = {"jsonrpc": "2.0", "method": "ping"}
NO_MESSAGES: dict[str, tuple[str, Any, int]] = {
    "no method": ('{"jsonrpc": "2.0", "id": 7}', 7, -32600),
    "a method that is a number": ('{"jsonrpc": "2.0", "id": "seven", "method": 7}', "seven", -32600),
    "parameters that are a list": ('{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": []}', 7, -32600),
    "another version": ('{"jsonrpc": "1.0", "id": 7, "method": "ping"}', 7, -32600),
    "no version": ('{"id": 7, "method": "ping"}', 7, -32600),
    "an id that is true": ('{"jsonrpc": "2.0", "id": true, "method": 7}', None, -32600),
    "a batch": (json.dumps([{**PING, "id": 7}]), None, -32600),
    "a number": ("7", None, -32600),
    "no JSON": ("this is not JSON", None, -32700),
    "JSON that is cut off": ('{"jsonrpc": "2.0", "id": 7, "method": "ping"', None, -32700),
    "half of a character": ('{"jsonrpc": "2.0", "id": 7, "method": "\\ud800"}', None, -32700),
}


@pytest.mark.parametrize("name", NO_MESSAGES)
def test_what_is_no_request_is_answered(name: str) -> None:
    line, key, code = NO_MESSAGES[name]
    answers = served_lines(*map(json.dumps, initialize()), line, json.dumps({**PING, "id": "after"}))
    [refusal] = [answer for answer in answers if "error" in answer]
    assert (refusal.get("id"), refusal["error"]["code"]) == (key, code)
    assert [answer["id"] for answer in answers if answer.get("result") == {}] == ["after"]


def test_what_was_asked_before_stdin_is_closed_is_answered() -> None:
    call = {"name": "list_projects", "arguments": {}}
    asked = [{"jsonrpc": "2.0", "id": key, "method": "tools/call", "params": call} for key in range(10, 20)]
    answers = served_lines(*map(json.dumps, [*initialize(), *asked]))
    assert {answer["id"] for answer in answers} >= set(range(10, 20))


def test_unknown_methods_and_wrong_parameters_are_answered() -> None:
    asked: list[dict[str, Any]] = [
        {"method": "nothing/like/it"},
        {"method": "tools/call"},
        {"method": "tools/call", "params": {"name": "nothing"}},
        {"method": "tools/call", "params": {"name": "get_build", "arguments": [1]}},
        {"method": "tools/call", "params": {"name": "get_build", "arguments": {"build_id": 7}}},
        {"method": "tools/list", "params": {"cursor": 5}},
        {"method": ""},
        {"method": "completion/complete"},
    ]
    numbered = [{"jsonrpc": "2.0", "id": key, **one} for key, one in enumerate(asked, 10)]
    answers = served_lines(*map(json.dumps, [*initialize(), *numbered]))
    failed = {answer["id"] for answer in answers if "error" in answer or answer["result"].get("isError")}
    assert failed == {one["id"] for one in numbered}
