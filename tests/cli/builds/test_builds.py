"""`millstream builds`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from millstream import Build, BuildStatus

Command = Callable[..., Any]


@pytest.fixture
def builds(recorded: Any) -> list[Build]:
    """Three builds, oldest first."""
    return [
        recorded.build(version_string="1.0", build_number=1),
        recorded.build("Orbit", version_string="1.0", build_number=1, status=BuildStatus.BUILD_STATUS_FAILED),
        recorded.build(version_string="1.1", build_number=2, commit_hash="0f3ac1e998877", progress=0.5),
    ]


def test_a_pipe_gets_a_plain_table_newest_first(command: Command, builds: list[Build]) -> None:
    code, out, err = command("builds")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].split() == [
        "AGE",
        "PROJECT",
        "SCHEME",
        "VERSION",
        "NUMBER",
        "STATUS",
        "DONE",
        "TIME",
        "BRANCH",
        "COMMIT",
        "ID",
    ]
    assert [line.split()[1:6] for line in lines[1:]] == [
        ["zlib", "default", "1.1", "2", "completed"],
        ["Orbit", "default", "1.0", "1", "failed"],
        ["zlib", "default", "1.0", "1", "completed"],
    ]
    assert "0f3ac1e " in lines[1]
    assert out.isascii()


def test_the_id_of_the_table_names_the_build(command: Command, builds: list[Build]) -> None:
    ids = [line.split()[-1] for line in command("builds").out.splitlines()[1:]]
    shown = [json.loads(command("show", short, "--json").out)["id"] for short in ids]
    assert shown == [build.id for build in reversed(builds)]


def test_scripts_get_an_array_that_reads_back(command: Command, recorded: Any, builds: list[Build]) -> None:
    parsed = [ParseDict(fields, Build()) for fields in json.loads(command("builds", "--json").out)]
    assert parsed == list(recorded.client.builds.list_builds())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--project", "net.zlib"], [2, 0]),
        (["--project", "Orbit"], [1]),
        (["--status", "failed"], [1]),
        (["--status", "failed", "--status", "completed"], [2, 1, 0]),
        (["--version", "1.0"], [1, 0]),
        (["--limit", "1"], [2]),
        (["--project", "zlib", "--version", "1.0", "--status", "completed"], [0]),
        (["--status", "running"], []),
    ],
)
def test_filters(command: Command, builds: list[Build], options: list[str], expected: list[int]) -> None:
    code, out, _ = command("builds", "--json", *options)
    assert code == 0
    assert [fields["id"] for fields in json.loads(out)] == [builds[place].id for place in expected]


def test_a_project_that_is_not_there(command: Command, builds: list[Build]) -> None:
    assert command("builds", "--project", "nope") == (1, "", "millstream: there is no project nope\n")


def test_no_builds_are_no_lines(command: Command) -> None:
    assert command("builds")[:2] == (0, "")
    assert command("builds", "--json")[:2] == (0, "[]\n")
