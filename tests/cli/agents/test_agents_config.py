"""`millstream agents config`: settings, and secrets that nobody looks over your shoulder for."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millstream.cli.app import run
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.security.keys import Secret
from tests.deadline import patience
from tests.run.terminal import Seat

CANARY = "ghp_canary0123456789"
MILLSTREAM = [sys.executable, "-c", "from millstream.cli.app import main; main()", "agents", "config"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'agents.db'}"


@pytest.fixture
def config(url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a database of its own, with a key."""
    monkeypatch.delenv("MILLSTREAM_ADDRESS", raising=False)
    monkeypatch.setenv("MILLSTREAM_DB", url)
    monkeypatch.setenv("MILLSTREAM_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")

    def run_config(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        return (run(["agents", "config", *arguments]), *capfd.readouterr())

    return run_config


def piped(text: bytes, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([*MILLSTREAM, *arguments], input=text, capture_output=True, timeout=patience(60))


def test_a_setting_is_set_read_listed_and_deleted(config: Run) -> None:
    assert config("set", "a", "1") == (0, "", "")
    assert config("get", "a") == (0, "1\n", "")
    assert config("set", "a", "2") == (0, "", "")
    assert json.loads(config("get", "a", "--json")[1])["value"] == "2"
    assert config("delete", "a") == (0, "", "")
    assert config("get", "a") == (1, "", "millstream: there is no config 'a'\n")
    assert config("delete", "a")[0] == 1


def test_a_secret_comes_by_stdin_and_is_not_listed(config: Run) -> None:
    done = piped(f"{CANARY}\n".encode(), "set", "github.token", "--encrypted", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    fields = json.loads(done.stdout)
    assert (fields["value"], fields["encrypted"]) == ("", True)
    config("set", "open", "for\nall")
    code, out, err = config("list")
    assert (code, err) == (0, "")
    assert [row.split() for row in out.splitlines()] == [
        ["KEY", "AGE", "VALUE"],
        ["github.token", "now", "(encrypted)"],
        ["open", "now", "for", "all"],
    ]
    assert [entry["value"] for entry in json.loads(config("list", "--json")[1])] == ["", "for\nall"]
    assert config("get", "github.token") == (0, f"{CANARY}\n", "")


@pytest.mark.parametrize(
    ("given", "stored"), [(b"", ""), (b"x\n", "x"), (b"x\r\n", "x"), (b"a\nb\n\n", "a\nb\n"), (" é ".encode(), " é ")]
)
def test_what_is_piped_in_is_stored_without_the_last_line_break(
    config: Run, monkeypatch: pytest.MonkeyPatch, given: bytes, stored: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert config("set", "a") == (0, "", "")
    assert json.loads(config("get", "a", "--json")[1])["value"] == stored


def test_what_is_no_text_is_refused(config: Run) -> None:
    done = piped(b"\xff", "set", "a")
    assert (done.returncode, done.stderr) == (2, b"millstream: the value of a is not UTF-8\n")


def test_a_secret_is_asked_for_and_not_shown(config: Run) -> None:
    with Seat([*MILLSTREAM, "set", "github.token", "--encrypted"]) as seat:
        seat.wait_for(b"github.token (not shown): ")
        seat.press(f"{CANARY}\n".encode())
        assert seat.finish() == 0
        assert CANARY.encode() not in seat.seen
    assert config("get", "github.token")[1] == f"{CANARY}\n"


def test_whoever_leaves_the_question_stores_nothing(config: Run) -> None:
    with Seat([*MILLSTREAM, "set", "github.token", "--encrypted"]) as seat:
        seat.wait_for(b"github.token (not shown): ")
        seat.interrupt()
        assert seat.finish() == 130
    assert config("get", "github.token")[0] == 1


def test_a_secret_is_replaced_in_the_clear_by_force_alone(config: Run) -> None:
    config("set", "github.token", CANARY, "--encrypted")
    code, out, err = config("set", "github.token", "open")
    assert (code, out) == (2, "")
    assert "encrypted: the stored value is encrypted" in err
    assert config("get", "github.token")[1] == f"{CANARY}\n"
    assert config("set", "github.token", "open", "--force")[0] == 0
    assert config("get", "github.token")[1] == "open\n"


def test_without_a_key_no_secret_is_stored(config: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MILLSTREAM_KEY")
    code, out, err = config("set", "github.token", CANARY, "--encrypted")
    assert (code, out) == (1, "")
    assert "no encryption key" in err
    assert CANARY not in err
    assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_wrong_key_is_told(config: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config("set", "github.token", CANARY, "--encrypted")
    monkeypatch.setenv("MILLSTREAM_KEY", "another battery staple")
    said = "millstream: MILLSTREAM_KEY: is not the key that this database's secrets are encrypted with\n"
    assert config("get", "github.token") == (1, "", said)
    assert config("list")[0] == 0


def test_a_key_is_no_matter_for_what_needs_none(config: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_KEY_FILE", "/nowhere")
    assert config("list")[0] == 0
    assert run(["agents", "list"]) == 0
    assert run(["builds"]) == 0


def test_a_service_has_its_own_key(config: Run, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLSTREAM_KEY")
    secret = Secret("battery staple", "here")
    service: Any = EmbeddedService(Config((f"unix:{tmp_path}/socket", "127.0.0.1:0"), database=url, secret=secret))
    with service:
        monkeypatch.setenv("MILLSTREAM_ADDRESS", service.address)
        assert config("set", "github.token", CANARY, "--encrypted") == (0, "", "")
        assert config("get", "github.token") == (0, f"{CANARY}\n", "")


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 256])
def test_a_bad_key_is_bad_usage(config: Run, key: str) -> None:
    code, out, err = config("set", key, CANARY)
    assert (code, out) == (2, "")
    assert CANARY not in err
