"""Commands that go on: they show what comes as it comes, and end well when they are broken off."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from millstream import BuildLogEntry, BuildStatus
from tests.deadline import patience

MILLSTREAM = [sys.executable, "-c", "from millstream.cli.app import main; main()"]


@contextmanager
def _started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*MILLSTREAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _lines(process: subprocess.Popen[str], number: int) -> Sequence[str]:
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n") for _ in range(number)]


@pytest.fixture
def running(recorded: Any) -> Any:
    lines = [BuildLogEntry(content=f"line {number}") for number in range(3)]
    return recorded.build(lines=lines, status=BuildStatus.BUILD_STATUS_RUNNING)


@pytest.mark.parametrize("command", [["tail", "latest"], ["builds", "--watch"], ["builds", "--watch", "--json"]])
def test_ctrl_c_ends_what_follows(millstream_service: Any, running: Any, command: list[str]) -> None:
    with _started(*command, "--address", millstream_service.address) as process:
        assert _lines(process, 1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=patience(30))
        assert (process.returncode, err) == (130, "")


def test_ctrl_c_ends_it_with_a_service_of_its_own_too(millstream_service: Any, running: Any) -> None:
    with _started("tail", "latest", "--db", millstream_service.database_url) as process:
        assert _lines(process, 3) == ["line 0", "line 1", "line 2"]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=patience(30))
        assert (process.returncode, err) == (130, "")


@pytest.mark.parametrize(
    "command", [["tail", "latest"], ["search", "line"], ["tail", "latest", "--json"], ["search", "line", "--json"]]
)
def test_a_reader_that_stops_reading_is_no_error(millstream_service: Any, recorded: Any, command: list[str]) -> None:
    recorded.build(lines=[BuildLogEntry(content=f"line {'x' * 1000}") for _ in range(1000)])
    with _started(*command, "--address", millstream_service.address) as process:
        assert process.stdout is not None
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        assert process.wait(patience(30)) == 141
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_what_follows_prints_each_line_as_it_comes(millstream_service: Any, recorded: Any, running: Any) -> None:
    with _started("tail", running.id, "--address", millstream_service.address) as process:
        assert _lines(process, 3) == ["line 0", "line 1", "line 2"]
        with recorded.client.builds.log_writer(running.id) as writer:
            for number in range(3):
                writer.write(f"more {number}")
                writer.flush()
                assert _lines(process, 1) == [f"more {number}"]
        running.status = BuildStatus.BUILD_STATUS_COMPLETED
        recorded.client.builds.update_build(running, ["status"])
        assert process.wait(patience(30)) == 0


def test_a_build_that_is_deleted_meanwhile_ends_the_tail(millstream_service: Any, recorded: Any, running: Any) -> None:
    with _started("tail", running.id, "--address", millstream_service.address) as process:
        assert _lines(process, 3) == ["line 0", "line 1", "line 2"]
        recorded.client.builds.delete_build(running.id)
        out, err = process.communicate(timeout=patience(30))
        assert (process.returncode, out) == (1, "")
        assert err.startswith("millstream: there is no build")
        assert len(err.splitlines()) == 1


def test_a_watch_begins_with_the_newest_of_all_projects(millstream_service: Any, recorded: Any) -> None:
    builds = [recorded.build(project) for project in ("zlib", "zlib", "Orbit", "zlib", "Orbit")]
    with _started("builds", "--watch", "--json", "--limit", "3", "--address", millstream_service.address) as process:
        ids = [json.loads(line)["id"] for line in _lines(process, 3)]
        assert ids == [build.id for build in builds[2:]]


def test_a_watch_prints_an_object_for_each_change(millstream_service: Any, recorded: Any, running: Any) -> None:
    with _started("builds", "--watch", "--json", "--address", millstream_service.address) as process:
        assert f'"id": "{running.id}"' in _lines(process, 1)[0]
        other = recorded.build("Orbit", version_string="2.0")
        assert f'"id": "{other.id}"' in _lines(process, 1)[0]
        running.progress = 0.5
        recorded.client.builds.update_build(running, ["progress"])
        (changed,) = _lines(process, 1)
        assert f'"id": "{running.id}"' in changed
        assert '"progress": 0.5' in changed


def test_a_watch_follows_projects_that_are_new(millstream_service: Any, recorded: Any) -> None:
    from millstream import Build, Project, Scheme

    with _started("builds", "--watch", "--address", millstream_service.address) as process:
        assert _lines(process, 1)[0].split()[0] == "AGE"
        project = Project(bundle_identifier="new", name="brand-new")
        scheme = recorded.client.builds.create_project(project, [Scheme(name="main")]).schemes[0]
        recorded.client.builds.create_build(Build(scheme_id=scheme.id))
        assert _lines(process, 1)[0].split()[1:3] == ["brand-new", "main"]


def test_a_watch_of_one_project_leaves_out_others(millstream_service: Any, recorded: Any) -> None:
    command = ("builds", "--watch", "--json", "--project", "zlib", "--status", "failed")
    with _started(*command, "--address", millstream_service.address) as process:
        recorded.build("Orbit", status=BuildStatus.BUILD_STATUS_FAILED)
        recorded.build()
        wanted = recorded.build(status=BuildStatus.BUILD_STATUS_FAILED)
        assert f'"id": "{wanted.id}"' in _lines(process, 1)[0]
