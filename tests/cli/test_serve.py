"""`millstream serve`, as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from millstream import Client, Instance, Relationship, RelationshipType
from millstream.errors import ReviewLimitReachedError, TooManyStreamsError
from millstream.transport import user_socket
from millstream_service.security.keys import Secret
from tests.deadline import patience
from tests.store.opening import opened
from tests.store.secrets import fill

SERVE = [sys.executable, "-c", "from millstream.cli.app import main; main()", "serve"]


@contextmanager
def _serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service and its address; it is killed if it is still there at the end."""
    process = subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on ")
        yield process, line.removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'builds.db'}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_in_peace(url: str, number: signal.Signals) -> None:
    with _serving("--listen", "127.0.0.1:0", "--db", url) as (process, address):
        with Client(address) as client:
            assert list(client.builds.list_projects()) == []
        process.send_signal(number)
        assert process.communicate(timeout=patience(30)) == ("", "")
        assert process.returncode == 0


def test_it_listens_on_a_unix_socket(url: str, tmp_path: Path) -> None:
    address = f"unix:{tmp_path / 'service.sock'}"
    with _serving("--listen", address, "--db", url) as (_, said), Client(said) as client:
        assert said == address
        assert list(client.builds.list_projects()) == []


BOTH = """
import sys
from millstream_service import config
config.DEFAULT_LISTEN = "127.0.0.1:0"
from millstream.cli.app import main
main()
"""


@pytest.mark.parametrize("also", [(), ("--secrets-over-tcp",)])
def test_without_an_address_it_is_at_the_users_socket_and_at_a_port(url: str, also: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", BOTH, "serve", "--db", url, *also]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        socket_address, port = (line.removeprefix("listening on ").strip() for line in said)
        for address in (socket_address, port):
            with Client(address) as client:
                assert list(client.builds.list_projects()) == []
        assert user_socket.find(url) == socket_address
        process.terminate()
        who = f"only you can use {socket_address}; every user of this machine can use {port}"
        but = "" if also else ", except for secrets"
        out, err = process.communicate(timeout=patience(30))
        assert (out, err.splitlines()[-1]) == ("", f"millstream: {who}{but}")


def test_it_listens_at_each_address_that_is_given(url: str, tmp_path: Path) -> None:
    options = ("--listen", "127.0.0.1:0", "--listen", f"unix:{tmp_path}/s", "--db", url)
    with _serving(*options) as (process, first):
        assert process.stdout is not None
        second = process.stdout.readline().removeprefix("listening on ").strip()
        assert (first.rpartition(":")[0], second) == ("127.0.0.1", f"unix:{tmp_path}/s")
        for address in (first, second):
            with Client(address) as client:
                assert list(client.builds.list_projects()) == []


def test_it_limits_the_streams_of_a_client(url: str) -> None:
    options = ("--listen", "127.0.0.1:0", "--db", url, "--max-streams-of-one", "1")
    with (
        _serving(*options) as (_, address),
        Client(address) as client,
        closing(client.builds.watch_all_project_ids()) as watched,
    ):
        assert next(watched) == []
        with pytest.raises(TooManyStreamsError):
            next(client.builds.watch_build("another"))


def test_it_limits_the_rounds_of_review(url: str) -> None:
    options = ("--listen", "127.0.0.1:0", "--db", url, "--max-review-rounds", "1")
    kind = RelationshipType.RELATIONSHIP_TYPE_SPAWNED_REVIEW
    with _serving(*options) as (_, address), Client(address) as client:
        coder, first, second = (client.agents.create_instance(Instance()).instance.id for _ in range(3))
        client.agents.create_relationship(Relationship(parent_instance=coder, child_instance=first, type=kind))
        with pytest.raises(ReviewLimitReachedError) as refused:
            client.agents.create_relationship(Relationship(parent_instance=coder, child_instance=second, type=kind))
        assert refused.value.metadata["limit"] == "1"


def test_the_environment_names_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "named.db"
    monkeypatch.setenv("MILLSTREAM_DB", f"sqlite:///{path}")
    with _serving("--listen", "127.0.0.1:0"):
        assert path.exists()


def _fails(*options: str) -> tuple[int, str]:
    done = subprocess.run([*SERVE, *options], capture_output=True, text=True, env=os.environ | {"MILLSTREAM_DEBUG": ""})
    assert done.stdout == ""
    assert done.stderr.startswith("millstream: ")
    assert len(done.stderr.splitlines()) == 1
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:0", "example.com:50551", "50551", "127.0.0.1:port", "127.0.0.1:70000", "unix:"]
)
def test_it_listens_nowhere_else(url: str, listen: str) -> None:
    code, said = _fails("--listen", listen, "--db", url)
    assert code == 2
    assert "listen" in said


def test_a_port_that_is_taken_is_a_failure(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = _fails("--listen", f"127.0.0.1:{port}", "--db", url)
    assert code == 1
    assert str(port) in said


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    code, _ = _fails("--listen", "127.0.0.1:0", "--db", f"sqlite:///{tmp_path}")
    assert code == 1


def _refused(program: list[str], *options: str) -> str:
    done = subprocess.run(
        [*program, "--listen", "127.0.0.1:0", *options], capture_output=True, text=True, timeout=patience(60)
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


@pytest.mark.parametrize("program", [SERVE, [sys.executable, "-m", "millstream_service"]])
def test_a_wrong_key_is_told_at_once(
    url: str, tmp_path: Path, program: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_KEY", "correct horse battery staple")
    with opened(url) as database:
        fill(database, Secret("correct horse battery staple", "here"))
    with _serving("--db", url, "--listen", "127.0.0.1:0"):
        pass
    key = tmp_path / "key"
    key.write_text("correct horse battery stable\n")
    key.chmod(0o600)
    options = ("--db", url, "--key-file", str(key))
    said = f"millstream: {key}: is not the key that this database's secrets are encrypted with\n"
    assert _refused(program, *options) == said
    key.chmod(0o644)
    assert _refused(program, *options) == f"millstream: {key}: others may use this key: chmod 600 it\n"
    key.chmod(0o600)
    key.write_text("correct horse battery staple\n")
    with _serving(*options, "--listen", "127.0.0.1:0"):
        pass
