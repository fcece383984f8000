"""What GitHub has is stored: once all of it, then what has changed."""

import json
from pathlib import Path

import pytest

from millstream import Client
from millstream.errors import ValidationFailedError
from millstream.github.errors import (
    GitHubError,
    GitHubUnavailableError,
    RateLimitError,
    TokenRefusedError,
    UnreadableAnswerError,
)
from millstream.github.patience import MAX_TRIES, Patience
from millstream.github.repository import Repository
from millstream.github.source import GitHubSource
from millstream.github.sync import SyncOutcome, sync_issues
from tests.github.conftest import at
from tests.github.server import Answer, FakeGitHub

HELLO = Repository("OctoCat", "hello-world")
"""Not quite as GitHub writes it."""
PROGRESS = "github.sync.octocat/hello-world"


def synced(client: Client, github: FakeGitHub, *, full: bool = False) -> SyncOutcome:
    source = GitHubSource("", github.url, Patience(0, first_delay=0.001))
    return sync_issues(client, source, HELLO, api_url=github.url, full=full)


def stored(client: Client) -> dict[int, str]:
    values = client.agents.watch_github_issues("octocat", "Hello-World")
    try:
        return {issue.number: issue.title for issue in next(values)}
    finally:
        values.close()


def commits(client: Client, github: FakeGitHub) -> int:
    """How many transactions a first sync makes, beside that which notes how far it has come."""
    before = client.agents.set_config("counted", "before").revision
    synced(client, github)
    return client.agents.set_config("counted", "after").revision - before - 2


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


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((502, {}, {}), GitHubUnavailableError),
        ((403, {"x-ratelimit-remaining": "0", "retry-after": "1800"}, {"message": "API rate limit"}), RateLimitError),
        ((429, {"retry-after": "60"}, {}), RateLimitError),
        ((401, {}, {"message": "Bad credentials"}), TokenRefusedError),
        ((200, {}, {"message": "no list"}), UnreadableAnswerError),
    ],
)
def test_where_one_page_fails_nothing_is_stored(
    millstream_client: Client, github: FakeGitHub, answer: Answer, kind: type[GitHubError]
) -> None:
    for number in range(1, 251):
        github.change(number, at(number))
    synced(millstream_client, github)
    for number in range(1, 251):
        github.change(number, at(300 + number), title="changed")
    progress = millstream_client.agents.get_config(PROGRESS).value
    source = GitHubSource("", github.url, Patience(0, first_delay=0.001))

    def fail(read: int) -> None:
        assert read == 100
        github.planned.extend([answer] * MAX_TRIES)

    with pytest.raises(kind):
        sync_issues(millstream_client, source, HELLO, api_url=github.url, tell=fail)
    assert stored(millstream_client) == {number: f"Issue {number}" for number in range(1, 251)}
    assert millstream_client.agents.get_config(PROGRESS).value == progress
    github.planned.clear()
    assert synced(millstream_client, github) == SyncOutcome(updated=250)


def test_where_one_issue_is_refused_none_is_stored(millstream_client: Client, github: FakeGitHub) -> None:
    for number in range(1, 151):
        github.change(number, at(number))
    github.change(70, at(70), title="x" * 2_000)
    with pytest.raises(ValidationFailedError):
        synced(millstream_client, github)
    assert stored(millstream_client) == {}
    github.change(70, at(200), title="short")
    assert synced(millstream_client, github) == SyncOutcome(created=150)


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
    millstream_client.agents.set_config(PROGRESS, saved)
    github.change(1, at(0))
    assert synced(millstream_client, github).created == 1
    assert json.loads(millstream_client.agents.get_config(PROGRESS).value)["etag"] == ""


def test_a_thousand_issues_are_stored_in_one_transaction(millstream_client: Client, github: FakeGitHub) -> None:
    for number in range(1, 1_001):
        github.change(number, at(number))
    assert commits(millstream_client, github) == 1
    assert len(stored(millstream_client)) == 1_000


@pytest.mark.parametrize(("number_of_issues", "size", "expected"), [(1_001, 10, 2), (180, 60_000, 3)])
def test_more_than_one_call_takes_goes_in_several(
    millstream_client: Client, github: FakeGitHub, number_of_issues: int, size: int, expected: int
) -> None:
    for number in range(1, number_of_issues + 1):
        github.change(number, at(number), body="x" * size)
    assert commits(millstream_client, github) == expected
    assert len(stored(millstream_client)) == number_of_issues


def test_the_token_is_in_no_file(millstream_client: Client, github: FakeGitHub, tmp_path: Path) -> None:
    github.token = "ghp_canary0123456789"
    github.change(1, at(0))
    source = GitHubSource(github.token, github.url)
    sync_issues(millstream_client, source, HELLO, api_url=github.url)
    assert all(github.token.encode() not in path.read_bytes() for path in tmp_path.iterdir())
