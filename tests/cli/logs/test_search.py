"""`millstream search`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import Parse

from millstream import Build, BuildLogEntry, SearchHit

Command = Callable[..., Any]


@pytest.fixture
def builds(recorded: Any) -> list[Build]:
    """Three builds in two projects, oldest first."""
    contents = ("starts", "Error: one", "goes on", "error: two", "ends")
    lines = [
        BuildLogEntry(content=text, level=f"BUILD_LOG_LEVEL_{'ERROR' if 'two' in text else 'INFO'}")
        for text in contents
    ]
    return [recorded.build(project, lines, id=name) for project, name in (("zlib", "a"), ("Orbit", "b"), ("zlib", "c"))]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["error:"], ["c:4: error: two", "b:4: error: two", "a:4: error: two"]),
        (["error:", "--limit", "2"], ["c:4: error: two", "b:4: error: two"]),
        (["error:", "--project", "zlib"], ["c:4: error: two", "a:4: error: two"]),
        (["error:", "--project", "zlib", "--limit", "1"], ["c:4: error: two"]),
        (["error:", "--build", "b"], ["b:4: error: two"]),
        (["ERROR:", "-i", "--build", "latest"], ["c:2: Error: one", "c:4: error: two"]),
        (["o.*(n|x)e$", "--regex", "--build", "a"], ["a:2: Error: one"]),
        (["rror", "--level", "error", "--build", "a"], ["a:4: error: two"]),
        (["one", "-C", "1", "--build", "a"], ["a-1- starts", "a:2: Error: one", "a-3- goes on"]),
        (
            ["rror", "--context", "1", "--build", "a"],
            ["a-1- starts", "a:2: Error: one", "a-3- goes on", "a:4: error: two", "a-5- ends"],
        ),
        (
            ["rror: one", "-C", "1", "--project", "zlib"],
            [
                *("c-1- starts", "c:2: Error: one", "c-3- goes on", "--"),
                *("a-1- starts", "a:2: Error: one", "a-3- goes on"),
            ],
        ),
    ],
)
def test_hits(command: Command, builds: list[Build], options: list[str], expected: list[str]) -> None:
    assert command("search", *options) == (0, "".join(f"{line}\n" for line in expected), "")


def test_scripts_get_an_object_a_hit(command: Command, recorded: Any, builds: list[Build]) -> None:
    code, out, _ = command("search", "two", "--build", "b", "-C", "1", "--json")
    (hit,) = recorded.client.builds.search_build_logs("two", build_id="b", context_lines=1)
    assert code == 0
    assert [Parse(line, SearchHit()) for line in out.splitlines()] == [hit]
    assert json.loads(out)["build_log"]["seq"] == "4"


@pytest.mark.parametrize("options", [["--json"], ["--build", "a"], ["--project", "Orbit"], []])
def test_nothing_found_is_exit_1_and_silence(command: Command, builds: list[Build], options: list[str]) -> None:
    assert command("search", "never there", *options) == (1, "", "")


def test_what_is_no_expression_is_bad_usage(command: Command, builds: list[Build]) -> None:
    code, out, err = command("search", "(", "--regex")
    assert (code, out) == (2, "")
    assert err.startswith("millstream: query: ")


@pytest.mark.parametrize("option", ["--build", "--project"])
def test_where_to_search_must_be_there(command: Command, builds: list[Build], option: str) -> None:
    code, out, err = command("search", "x", option, "nope")
    assert (code, out) == (1, "")
    assert "nope" in err
