"""Runs without a service bring one for all who come: nobody else can reach it, and what one of them leaves goes on."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from millstream import Client
from millstream.transport import user_socket
from millstream_service.store.engines import sqlite_driver
from tests.deadline import patience, wait_until
from tests.run.conftest import CLI, PATIENCE, Runner, said, tell

WAIT_FOR_A_LINE = ("sh", "-c", "echo begun; read line; echo ended")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'own.db'}"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Runner]:
    """Runs for which no service was started."""
    runner = Runner(tmp_path, None)
    yield runner
    runner.close()


def _begin(runner: Runner, database: str) -> "subprocess.Popen[bytes]":
    """Start a run that goes on until it is stopped, and wait until a service answers for its database."""
    process = runner.start("--db", database, "--wait", "60", "-q", "--", *WAIT_FOR_A_LINE)
    assert said(process.stdout) == b"begun\n"
    wait_until(lambda: user_socket.find(database), "a service of its own")
    return process


def _end(process: "subprocess.Popen[bytes]") -> None:
    tell(process, b"go")
    assert said(process.stdout) == b"ended\n"
    assert process.wait(patience(PATIENCE)) == 0


def _recorder(process: "subprocess.Popen[bytes]") -> psutil.Process:
    """The process that records this run."""
    found = [child for child in psutil.Process(process.pid).children() if "millstream.run" in child.cmdline()]
    assert len(found) == 1
    return found[0]


def _opens(process: psutil.Process, database: str) -> bool:
    path = database.removeprefix("sqlite:///")
    return any(file.path.startswith(path) for file in process.open_files())


def _logs(database: str) -> list[list[str]]:
    """The lines of all builds, read by commands of their own."""
    from millstream.local.finding import open_service

    with open_service(None, database) as address, Client(address) as client:
        return [
            [line.content for line in client.builds.list_build_logs(build.id)] for build in client.builds.list_builds()
        ]


def test_it_opens_no_port_and_its_socket_is_its_owners(alone: Runner, database: str) -> None:
    process = _begin(alone, database)
    recorder = _recorder(process)
    assert recorder.net_connections(kind="inet") == []
    address = user_socket.find(database)
    assert address is not None
    assert Path(address.removeprefix("unix:")).stat().st_mode & 0o777 == 0o600
    _end(process)
    wait_until(lambda: user_socket.find(database) is None, "the end of its service")


@pytest.mark.parametrize("end", ["in peace", "by a kill"])
def test_a_run_that_came_by_another_ones_service_goes_on_without_it(alone: Runner, database: str, end: str) -> None:
    first = _begin(alone, database)
    second = alone.start("--db", database, "--wait", "60", "-q", "--", *WAIT_FOR_A_LINE)
    assert said(second.stdout) == b"begun\n"
    with Client(user_socket.find(database)) as client:
        wait_until(lambda: len(list(client.builds.list_builds())) == 2, "both builds")
    assert _opens(_recorder(first), database)
    assert not _opens(_recorder(second), database), "it went through the first one's service"
    if end == "in peace":
        _end(first)
    else:
        _recorder(first).kill()
    wait_until(lambda: _opens(_recorder(second), database), "a service of the second one's own")
    _end(second)
    if end == "by a kill":
        _end(first)
        assert alone.run("--db", database, "-q", "--", "true").returncode == 0
    assert alone.spooled() == []
    assert sorted(_logs(database))[-2:] == [["begun", "ended"], ["begun", "ended"]]


def test_a_follower_sees_the_build_to_its_end_and_beyond(alone: Runner, database: str) -> None:
    process = _begin(alone, database)
    with Client(user_socket.find(database)) as client:
        wait_until(lambda: list(client.builds.list_builds()), "the build")
    tail = subprocess.Popen(
        [*CLI, "tail", "latest", "--db", database], env=alone.environment, stdout=subprocess.PIPE, text=True
    )
    assert tail.stdout is not None
    assert tail.stdout.readline() == "begun\n"
    _end(process)
    assert tail.communicate(timeout=patience(PATIENCE))[0] == "ended\n"
    assert tail.returncode == 0


def test_many_runs_at_once_share_one_service_and_lose_nothing(alone: Runner, database: str) -> None:
    processes = [
        alone.start("--db", database, "--wait", "60", "-q", "--", "sh", "-c", f"echo {number}") for number in range(5)
    ]
    for process in processes:
        assert process.wait(patience(PATIENCE)) == 0
    assert alone.spooled() == []
    assert sorted(_logs(database)) == [[str(number)] for number in range(5)]


SERVE = """
import sys
from millstream_service import config
config.DEFAULT_LISTEN = "127.0.0.1:0"
from millstream.cli.app import main
main()
"""


def test_a_service_takes_the_socket_over_when_the_run_that_has_it_ends(alone: Runner, database: str) -> None:
    process = _begin(alone, database)
    command = [CLI[0], "-P", "-c", SERVE, "serve", "--db", database]
    with subprocess.Popen(
        command, env=alone.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serve:
        assert serve.stdout is not None
        assert serve.stderr is not None
        try:
            if not sqlite_driver.is_safe_to_share():
                assert "another process has the database open" in serve.stderr.readline()
                assert serve.wait(patience(PATIENCE)) == 1
                return
            assert "once the process that has it ends" in serve.stderr.readline()
            assert serve.stdout.readline().startswith("listening on 127.0.0.1:")
            _end(process)
            wait_until(lambda: user_socket.find(database), "the service")
            with Client(user_socket.find(database)) as client:
                assert len(list(client.builds.list_builds())) == 1
            assert serve.poll() is None
        finally:
            serve.terminate()
            serve.communicate(timeout=patience(PATIENCE))
