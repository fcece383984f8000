"""`millstream agents sync-issues`."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from millstream import Client
from millstream.cli.app import run
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.security.keys import Secret
from tests.github.conftest import at
from tests.github.server import FakeGitHub
from tests.run.terminal import Seat

CANARY = "ghp_canary0123456789"
Sync = Callable[..., tuple[int, str, str]]


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as github:
        github.change(1, at(1))
        github.change(2, at(2))
        yield github


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    database = f"sqlite:///{tmp_path / 'agents.db'}"
    config = Config(listen=f"unix:{tmp_path}/socket", database=database, secret=Secret("correct horse", "here"))
    with EmbeddedService(config) as service, Client(service.address) as client:
        monkeypatch.setenv("MILLSTREAM_ADDRESS", service.address)
        yield client


@pytest.fixture
def sync(
    client: Client, github: FakeGitHub, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Sync:
    monkeypatch.setenv("GITHUB_API_URL", github.url)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)

    def run_sync(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run(["agents", "sync-issues", *(arguments or ("octocat/hello-world",))])
        out, err = capfd.readouterr()
        assert CANARY not in out + err
        return code, out, err

    return run_sync


def stored(client: Client) -> list[int]:
    with closing(client.agents.watch_github_issues("octocat", "Hello-World")) as values:
        return [issue.number for issue in next(values)]


def test_issues_are_stored(sync: Sync, client: Client, github: FakeGitHub) -> None:
    assert sync() == (0, "octocat/hello-world: 2 new, 0 changed\n", "")
    assert client.agents.get_github_issue("octocat", "Hello-World", 2).title == "Issue 2"
    assert sync() == (0, "octocat/hello-world: nothing has changed\n", "")
    github.change(2, at(3), state="closed")
    assert sync() == (0, "octocat/hello-world: 0 new, 1 changed\n", "")


def test_for_scripts(sync: Sync) -> None:
    for expected in (
        {"created": 2, "updated": 0, "unchanged": 0, "not_modified": False},
        {"created": 0, "updated": 0, "unchanged": 1, "not_modified": False},
        {"created": 0, "updated": 0, "unchanged": 0, "not_modified": True},
    ):
        code, out, _ = sync("octocat/hello-world", "--json")
        assert (code, json.loads(out)) == (0, {"repository": "octocat/hello-world"} | expected)
    assert json.loads(sync("octocat/hello-world", "--json", "--full")[1])["unchanged"] == 2


def test_the_token_is_the_encrypted_setting(sync: Sync, client: Client, github: FakeGitHub) -> None:
    github.token = CANARY
    assert sync()[0] == 1
    client.agents.set_config("github.token", CANARY, encrypted=True)
    assert sync()[0] == 0


def test_else_it_is_in_the_environment(
    sync: Sync, client: Client, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.token = CANARY
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    assert sync()[0] == 0
    monkeypatch.setenv("GITHUB_TOKEN", "wrong")
    monkeypatch.setenv("MY_TOKEN", CANARY)
    assert sync("octocat/hello-world", "--token-env", "MY_TOKEN")[0] == 0
    code, _, err = sync()
    assert (code, err) == (1, "millstream: GitHub refuses the token: it is wrong, or has expired\n")
    client.agents.set_config("github.token", CANARY, encrypted=True)
    assert sync()[0] == 0


def test_a_rate_limit_that_ends_late_is_refused(sync: Sync, github: FakeGitHub) -> None:
    github.remaining, github.reset = 0, int(time.time()) + 1800
    code, out, err = sync()
    assert (code, out) == (1, "")
    assert err.startswith("millstream: GitHub's rate limit is reached: ask again in 1")


def test_one_that_ends_soon_is_waited_for_and_told(sync: Sync, github: FakeGitHub) -> None:
    github.planned.append((429, {"retry-after": "0"}, {}))
    code, out, err = sync()
    assert (code, out) == (0, "octocat/hello-world: 2 new, 0 changed\n")
    assert err == "millstream: GitHub's rate limit is reached: waiting for 1 s\n"
    github.change(1, at(9))
    github.planned.append((429, {"retry-after": "0"}, {}))
    assert sync("octocat/hello-world", "--max-wait", "0")[0] == 1


def test_a_failure_that_passes_is_waited_out_and_told(sync: Sync, github: FakeGitHub) -> None:
    github.planned.append((502, {}, {"message": "Bad Gateway"}))
    code, out, err = sync()
    assert (code, out) == (0, "octocat/hello-world: 2 new, 0 changed\n")
    assert err == "millstream: GitHub fails (502): once more in 1 s\n"


def test_where_a_limit_is_reached_midway_nothing_is_stored(sync: Sync, client: Client, github: FakeGitHub) -> None:
    for number in range(1, 151):
        github.change(number, at(number))
    github.remaining, github.reset = 1, int(time.time()) + 1800
    code, out, err = sync()
    assert (code, out) == (1, "")
    assert err.startswith("millstream: GitHub's rate limit is reached: ask again in 1")
    assert len(github.asked) == 2
    assert stored(client) == []
    github.remaining = 5000
    assert sync() == (0, "octocat/hello-world: 150 new, 0 changed\n", "")
    assert len(stored(client)) == 150


def test_a_person_sees_how_far_it_is(sync: Sync, github: FakeGitHub) -> None:
    for number in range(1, 151):
        github.change(number, at(number))
    command = [sys.executable, "-c", "from millstream.cli.app import main; main()", "agents", "sync-issues"]
    with Seat([*command, "octocat/hello-world"]) as seat:
        assert seat.finish() == 0
        assert seat.seen.decode().splitlines() == [
            *("100 issues read", "150 issues read", "octocat/hello-world: 150 new, 0 changed")
        ]


def test_a_token_that_is_sealed_is_not_replaced_by_another(
    tmp_path: Path, github: FakeGitHub, sync: Sync, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.agents.set_config("github.token", CANARY, encrypted=True)
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    config = Config(listen=f"unix:{tmp_path}/keyless", database=f"sqlite:///{tmp_path / 'agents.db'}")
    with EmbeddedService(config) as keyless:
        code, out, err = sync("octocat/hello-world", "--address", keyless.address)
    assert (code, out) == (1, "")
    assert "encryption key" in err
    assert github.asked == []


def test_a_repository_that_is_not_there(sync: Sync) -> None:
    code, out, err = sync("octocat/none")
    assert (code, out) == (1, "")
    assert err == "millstream: octocat/none is not on GitHub, has no issues, or the token may not see it\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["octocat"], "'octocat' is not a repository: give it as OWNER/REPO"),
        (["a/b", "--api-url", "http://github.example.com"], "is asked with TLS only"),
        (["a/b", "--api-url", "github"], "is not the address of an API"),
        (["a/b", "--max-wait", "-1"], "Invalid value for '--max-wait'"),
    ],
)
def test_bad_usage(sync: Sync, arguments: list[str], said: str) -> None:
    code, out, err = sync(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_without_the_github_extra_it_says_how_to_install_it(client: Client) -> None:
    code = (
        "import sys; sys.modules['githubkit'] = None;"
        "from millstream.cli.app import run; sys.exit(run(['agents', 'sync-issues', 'a/b']))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 1
    missing = "GitHub can't be asked: githubkit is missing - install it with: pip install 'millstream[github]'"
    assert shown.stderr == f"millstream: {missing}\n"
