"""`millstream show`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from millstream import Build, BuildLogEntry, CrashLog

Command = Callable[..., Any]


@pytest.fixture
def build(recorded: Any) -> Build:
    lines = [
        BuildLogEntry(content=f"line {number}", level=f"BUILD_LOG_LEVEL_{level}")
        for number, level in enumerate(("DEBUG", "INFO", "ERROR", "WARNING", "ERROR"), 1)
    ]
    made: Build = recorded.build(lines=lines, version_string="1.0", build_number=3, os_version="Debian 12")
    crash = CrashLog(incident_identifier="6C3A", build_id=made.id, process="zpipe", content="the whole report")
    recorded.client.builds.create_crash_log(crash)
    return made


def test_people_see_the_build_its_errors_and_its_crashes(command: Command, build: Build) -> None:
    code, out, err = command("show", "latest")
    assert (code, err) == (0, "")
    assert out.startswith("zlib 1.0 #3  ✓ completed\n")
    for fact in (
        build.id,
        "zlib (net.zlib)",
        "Debian 12",
        "5 lines: 2 errors, 1 warning, 1 info, 1 debug",
        "6C3A  zpipe",
    ):
        assert fact in out
    assert out.index("3  line 3") < out.index("5  line 5")
    assert "\x1b" not in out


def test_scripts_get_one_object(command: Command, build: Build) -> None:
    code, out, _ = command("show", build.id, "--json")
    fields = json.loads(out)
    assert code == 0
    assert fields["id"] == build.id
    assert fields["scheme"]["name"] == "default"
    assert fields["log"]["by_level"] == {"debug": 1, "info": 1, "warning": 1, "error": 2}
    assert [crash["incident_identifier"] for crash in fields["crash_logs"]] == ["6C3A"]


def test_a_build_that_is_not_there(command: Command) -> None:
    assert command("show", "zzz") == (1, "", "millstream: there is no build zzz - see them with: millstream builds\n")
