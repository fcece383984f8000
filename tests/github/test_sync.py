"""What GitHub has is stored: once all of it, then what has changed."""

import json
from pathlib import Path

import pytest

from millstream import Client
from millstream.github import sync
from millstream.github.errors import GitHubUnavailableError
from millstream.github.patience import MOST_TRIES, Patience
from millstream.github.repository import Repository
from millstream.github.source import GitHubSource
from millstream.github.sync import SyncOutcome, sync_issues
from tests.github.conftest import at
from tests.github.server import FakeGitHub

HELLO = Repository("OctoCat", "hello-world")
"""Not quite as GitHub writes it."""


def synced(client: Client, github: FakeGitHub, *, full: bool = False) -> SyncOutcome:
    source = GitHubSource("", github.url, Patience(0, first_delay=0.001))
    return sync_issues(client, source, HELLO, api_url=github.url, full=full)


def stored(client: Client) -> dict[int, str]:
    values = client.watch_github_issues("octocat", "Hello-World")
    try:
        return {issue.number: issue.title for issue in next(values)}
    finally:
        values.close()


def test_all_issues_are_stored_and_no_pull_request(millstream_client: Client, github: FakeGitHub) -> None:
    for number in range(1, 251):
        github.change(number, at(number))
    github.change(251, at(251), pull_request={"url": "…"})
    assert synced(millstream_client, github) == SyncOutcome(created=250)
    assert stored(millstream_client) == {number: f"Issue {number}" for number in range(1, 251)}


def test_then_only_what_has_changed_is_asked_for(millstream_client: Client, github: FakeGitHub) -> None:
    for number in range(1, 251):
        github.change(number, at(number))
    synced(millstream_client, github)
    github.asked.clear()
    github.change(17, at(300), title="It drips")
    github.change(251, at(301))
    outcome = synced(millstream_client, github)
    assert (outcome.created, outcome.updated) == (1, 1)
    assert len(github.asked) == 1
    assert stored(millstream_client)[17] == "It drips"


def test_what_has_not_changed_costs_nothing(millstream_client: Client, github: FakeGitHub) -> None:
    github.change(1, at(0))
    assert synced(millstream_client, github).created == 1
    assert synced(millstream_client, github).unchanged == 1
    left = github.remaining
    assert synced(millstream_client, github) == SyncOutcome(not_modified=True)
    assert github.remaining == left
    github.change(1, at(1), state="closed")
    assert synced(millstream_client, github).updated == 1


def test_two_changes_of_one_second_are_not_missed(millstream_client: Client, github: FakeGitHub) -> None:
    github.change(1, at(0))
    synced(millstream_client, github)
    github.change(2, at(0))
    assert synced(millstream_client, github).created == 1


def test_a_repository_without_issues(millstream_client: Client, github: FakeGitHub) -> None:
    assert synced(millstream_client, github) == SyncOutcome()
    github.change(1, at(0))
    assert synced(millstream_client, github).created == 1


def test_all_of_it_once_more_when_asked_to(millstream_client: Client, github: FakeGitHub) -> None:
    for number in range(1, 151):
        github.change(number, at(number))
    synced(millstream_client, github)
    assert synced(millstream_client, github, full=True) == SyncOutcome(unchanged=150)


def test_a_sync_that_breaks_off_goes_on_later(millstream_client: Client, github: FakeGitHub) -> None:
    for number in range(1, 251):
        github.change(number, at(number))
    source = GitHubSource("", github.url, Patience(0, first_delay=0.001))

    def fail(outcome: SyncOutcome) -> None:
        github.planned.extend([(502, {}, {})] * MOST_TRIES)

    with pytest.raises(GitHubUnavailableError):
        sync_issues(millstream_client, source, HELLO, api_url=github.url, tell=fail)
    assert len(stored(millstream_client)) == 100
    github.planned.clear()
    assert synced(millstream_client, github) == SyncOutcome(created=150, unchanged=100)


def test_a_later_state_that_is_stored_is_left_alone(millstream_client: Client, github: FakeGitHub) -> None:
    github.change(1, at(5), title="later")
    synced(millstream_client, github)
    github.change(1, at(1), title="earlier")
    synced(millstream_client, github, full=True)
    assert stored(millstream_client) == {1: "later"}


def test_another_server_begins_anew(millstream_client: Client, github: FakeGitHub) -> None:
    github.change(1, at(100))
    synced(millstream_client, github)
    with FakeGitHub() as other:
        other.change(2, at(50))
        assert synced(millstream_client, other).created == 1


@pytest.mark.parametrize("saved", ["", "{}", "[]", "rubbish", '{"api_url": 1}', '{"since": "x", "etag": 2}'])
def test_progress_that_cannot_be_read_begins_anew(millstream_client: Client, github: FakeGitHub, saved: str) -> None:
    millstream_client.set_config("github.sync.octocat/hello-world", saved)
    github.change(1, at(0))
    assert synced(millstream_client, github).created == 1
    assert json.loads(millstream_client.get_config("github.sync.octocat/hello-world").value)["etag"] == ""


def test_large_issues_go_in_several_calls(
    millstream_client: Client, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    original = millstream_client.sync_github_issues
    monkeypatch.setattr(
        millstream_client, "sync_github_issues", lambda issues: (calls.append(len(issues)), original(issues))[1]
    )
    for number in range(1, 101):
        github.change(number, at(number), body="x" * 60_000)
    assert synced(millstream_client, github).created == 100
    assert sum(calls) == 100
    assert len(calls) > 100 * 60_000 // (sync.BATCH_BYTES + 60_100)
    assert max(calls) * 60_000 < 2 * sync.BATCH_BYTES


def test_the_token_is_in_no_file(millstream_client: Client, github: FakeGitHub, tmp_path: Path) -> None:
    github.token = "ghp_canary0123456789"
    github.change(1, at(0))
    source = GitHubSource(github.token, github.url)
    sync_issues(millstream_client, source, HELLO, api_url=github.url)
    assert all(github.token.encode() not in path.read_bytes() for path in tmp_path.iterdir())
