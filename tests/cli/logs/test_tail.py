"""`millstream tail`."""

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from google.protobuf.json_format import Parse

from millstream import Build, BuildLog, BuildLogEntry, BuildStatus

Command = Callable[..., Any]

ODD = ["", " ", "\ttabs", "café 工程 🚀", "\x1b[31mred\x1b[0m", "bell\x07", "u\u2028v\u0085w", "\r", "x" * 100_000, ""]


def _entries(contents: Sequence[str], level: str = "INFO", category: str | None = None) -> list[BuildLogEntry]:
    return [BuildLogEntry(content=text, level=f"BUILD_LOG_LEVEL_{level}", category=category) for text in contents]


@pytest.fixture
def build(recorded: Any) -> Build:
    entries = [
        *_entries(["begins", "in detail"], "DEBUG"),
        *_entries(["compiles"], category="compile"),
        *_entries(["careful"], "WARNING", "compile"),
        *_entries(["broken"], "ERROR", "stderr"),
    ]
    made: Build = recorded.build(lines=entries, status=BuildStatus.BUILD_STATUS_FAILED)
    return made


def test_a_pipe_gets_each_line_as_it_was_recorded(command: Command, recorded: Any) -> None:
    recorded.build(lines=_entries(ODD))
    code, out, err = command("tail", "latest")
    assert (code, err) == (0, "")
    assert out == "".join(f"{text}\n" for text in ODD)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["begins", "in detail", "compiles", "careful", "broken"]),
        (["--no-follow"], ["begins", "in detail", "compiles", "careful", "broken"]),
        (["--after", "3"], ["careful", "broken"]),
        (["--after", "99"], []),
        (["--level", "info"], ["compiles", "careful", "broken"]),
        (["--level", "error"], ["broken"]),
        (["--category", "compile"], ["compiles", "careful"]),
        (["--category", "compile", "--level", "warning"], ["careful"]),
        (["--category", "none"], []),
    ],
)
def test_filters(command: Command, build: Build, options: list[str], expected: list[str]) -> None:
    code, out, _ = command("tail", build.id, *options)
    assert (code, out.splitlines()) == (0, expected)


def test_scripts_get_an_object_a_line(command: Command, recorded: Any, build: Build) -> None:
    lines = [Parse(text, BuildLog()) for text in command("tail", build.id, "--json").out.splitlines()]
    assert lines == list(recorded.client.builds.list_build_logs(build.id))


def test_timestamps_come_first(command: Command, recorded: Any, build: Build) -> None:
    first = next(recorded.client.builds.list_build_logs(build.id))
    out = command("tail", build.id, "--timestamps").out
    time, _, content = out.splitlines()[0].partition(" ")
    assert content == "begins"
    assert time == first.created_at.ToDatetime().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def test_it_follows_a_build_to_its_end(command: Command, recorded: Any) -> None:
    build = recorded.build(lines=_entries(["first"]), status=BuildStatus.BUILD_STATUS_RUNNING)

    def go_on() -> None:
        with recorded.client.builds.log_writer(build.id, first_entry=1) as writer:
            for number in range(200):
                writer.write(f"line {number}")
        build.status = BuildStatus.BUILD_STATUS_COMPLETED
        recorded.client.builds.update_build(build, ["status"])

    building = threading.Thread(target=go_on)
    building.start()
    code, out, _ = command("tail", build.id)
    building.join()
    assert code == 0
    assert out.splitlines() == ["first", *(f"line {number}" for number in range(200))]


def test_without_follow_it_ends_at_once(command: Command, recorded: Any) -> None:
    build = recorded.build(lines=_entries(["first"]), status=BuildStatus.BUILD_STATUS_RUNNING)
    assert command("tail", build.id, "--no-follow") == (0, "first\n", "")


def test_a_real_log_comes_back_byte_by_byte(command: Command, recorded: Any, sample_log: str) -> None:
    recorded.build(lines=_entries(sample_log.split("\n")))
    assert command("tail", "last").out == sample_log + "\n"


def test_json_of_odd_lines_stays_one_line_each(command: Command, recorded: Any) -> None:
    recorded.build(lines=_entries(ODD))
    contents = [json.loads(line)["content"] for line in command("tail", "last", "--json").out.split("\n")[:-1]]
    assert contents == ODD
