"""The command, the branch and the machine's name, as they are recorded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.run.facts.invocation import CUT, MAX_ARGUMENTS, MAX_COMMAND_BYTES, ci_branch, recorded_command


def size(command: list[str]) -> int:
    return sum(len(argument.encode()) for argument in command)


def test_a_command_is_recorded_as_it_is() -> None:
    assert recorded_command(["make", "-j8", "", "a b\n"]) == ["make", "-j8", "", "a b\n"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert recorded_command(["cat", "caf\udce9"]) == ["cat", "caf\N{REPLACEMENT CHARACTER}"]


def test_a_command_of_just_the_limit_is_whole() -> None:
    assert recorded_command(["x"] * MAX_ARGUMENTS) == ["x"] * MAX_ARGUMENTS
    assert recorded_command(["x" * MAX_COMMAND_BYTES]) == ["x" * MAX_COMMAND_BYTES]


def test_a_longer_one_keeps_its_beginning() -> None:
    assert recorded_command(["x"] * (MAX_ARGUMENTS + 1)) == [*["x"] * (MAX_ARGUMENTS - 1), CUT]
    program, script, end = recorded_command(["sh", "é" * MAX_COMMAND_BYTES, "more"])
    assert (program, end) == ("sh", CUT)
    assert script == "é" * len(script)
    assert MAX_COMMAND_BYTES - 2 <= size([program, script, end]) <= MAX_COMMAND_BYTES


@given(st.lists(st.text(max_size=9).map(lambda text: text * 2_000), max_size=9), st.integers(0, 1_100))
def test_the_service_takes_every_command(arguments: list[str], more: int) -> None:
    argv = [*arguments, *["a"] * more]
    command = recorded_command(argv)
    assert len(command) <= MAX_ARGUMENTS
    assert size(command) <= MAX_COMMAND_BYTES
    assert command == argv or command[-1] == CUT


@pytest.mark.parametrize(
    ("environment", "branch"),
    [
        ({}, ""),
        ({"GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch", "GITHUB_HEAD_REF": ""}, "main"),
        ({"GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "feature/x"}, "feature/x"),
        ({"GITHUB_REF_NAME": "v1.0", "GITHUB_REF_TYPE": "tag"}, ""),
        ({"CI_COMMIT_BRANCH": "develop"}, "develop"),
        ({"BUILDKITE_BRANCH": "next"}, "next"),
        ({"BRANCH_NAME": "release"}, "release"),
    ],
)
def test_ci_systems_name_their_branch(environment: dict[str, str], branch: str) -> None:
    assert ci_branch(environment) == branch
