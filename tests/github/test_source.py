"""GitHub is asked as its documentation says, and understood."""

import json
import time
import zlib
from datetime import datetime

import pytest

from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.github.errors import (
    GitHubError,
    GitHubUnavailableError,
    RateLimitError,
    RepositoryNotFoundError,
    TokenRefusedError,
    UnreadableAnswerError,
)
from millstream.github.patience import MAX_TRIES, Patience
from millstream.github.repository import Repository
from millstream.github.source import GitHubSource, Page
from tests.github.conftest import at
from tests.github.server import FakeGitHub

HELLO = Repository("octocat", "Hello-World")
ELEMENT = {
    "number": 1,
    "title": "It drips",
    "state": "open",
    "labels": [],
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}
CANARY = "ghp_canary0123456789"
LIMITS = {"x-ratelimit-remaining": "0", "x-ratelimit-limit": "5000"}


class Notes(list[str]):
    """The notes about waiting."""


@pytest.fixture
def noted() -> Notes:
    return Notes()


@pytest.fixture
def source(github: FakeGitHub, noted: Notes) -> GitHubSource:
    return GitHubSource(CANARY, github.url, Patience(2.5, noted.append, first_delay=0.001))


def pages(source: GitHubSource, since: datetime | None = None, etag: str = "") -> list[Page]:
    found = source.pages(HELLO, since, etag)
    assert found is not None
    return list(found)


def failure(source: GitHubSource) -> GitHubError:
    with pytest.raises(GitHubError) as failed:
        pages(source)
    error: BaseException | None = failed.value
    while error is not None:
        assert CANARY not in repr(error) + str(error)
        error = error.__cause__
    return failed.value


def test_an_issue_comes_with_all_that_is_kept(github: FakeGitHub, source: GitHubSource) -> None:
    github.token = CANARY
    github.change(
        7,
        at(5),
        title="It drips",
        body="Steam everywhere.",
        state="closed",
        assignee={"login": "ada"},
        labels=[{"name": "bug"}, "urgent"],
        created_at="2026-01-01T00:00:00Z",
    )
    expected = GitHubIssue(
        repo_owner="octocat",
        repo_name="Hello-World",
        number=7,
        title="It drips",
        body="Steam everywhere.",
        state="closed",
        assignee="ada",
        labels=["bug", "urgent"],
    )
    expected.created_at.FromDatetime(at(0))
    expected.updated_at.FromDatetime(at(5))
    (page,) = pages(source)
    assert page.issues == [expected]
    assert page.newest == at(5)


def test_what_github_leaves_empty_is_empty(github: FakeGitHub, source: GitHubSource) -> None:
    github.change(1, at(0), body=None, assignee=None, labels=[{"name": None}])
    (page,) = pages(source)
    (issue,) = page.issues
    assert (issue.body, issue.assignee, list(issue.labels)) == ("", "", [""])


def test_all_pages_are_read_in_any_state(github: FakeGitHub, source: GitHubSource) -> None:
    for number in range(1, 251):
        github.change(number, at(number), state="closed" if number % 2 else "open")
    found = pages(source)
    assert [len(page.issues) for page in found] == [100, 100, 50]
    assert [issue.number for page in found for issue in page.issues] == list(range(250, 0, -1))
    assert [asked.parameters.get("page") for asked in github.asked] == [None, "2", "3"]


def test_pull_requests_are_left_out_but_their_time_counts(github: FakeGitHub, source: GitHubSource) -> None:
    github.change(1, at(0))
    github.change(2, at(9), pull_request={"url": "…"})
    (page,) = pages(source)
    assert [issue.number for issue in page.issues] == [1]
    assert page.newest == at(9)


def test_a_repository_without_issues_is_one_empty_page(source: GitHubSource) -> None:
    (page,) = pages(source)
    assert (page.issues, page.newest) == ([], None)


def test_only_what_changed_since_is_asked_for(github: FakeGitHub, source: GitHubSource) -> None:
    for number in range(1, 6):
        github.change(number, at(number))
    (page,) = pages(source, since=at(4))
    assert [issue.number for issue in page.issues] == [5, 4]
    assert datetime.fromisoformat(github.asked[-1].parameters["since"]) == at(4)


def test_an_etag_that_still_stands_costs_nothing(github: FakeGitHub, source: GitHubSource) -> None:
    github.change(1, at(0))
    (page,) = pages(source)
    left = github.remaining
    assert source.pages(HELLO, None, page.etag) is None
    assert github.remaining == left
    github.change(1, at(1))
    (changed,) = pages(source, etag=page.etag)
    assert changed.etag != page.etag


def test_a_change_of_the_last_of_many_breaks_the_etag(github: FakeGitHub, source: GitHubSource) -> None:
    for number in range(1, 251):
        github.change(number, at(number))
    etag = pages(source)[0].etag
    github.change(1, at(300))
    assert source.pages(HELLO, None, etag) is not None


def test_the_repository_is_named_as_github_writes_it(github: FakeGitHub, source: GitHubSource) -> None:
    github.change(1, at(0))
    found = source.pages(Repository("OctoCat", "hello-world"))
    assert found is not None
    issue = next(found).issues[0]
    assert (issue.repo_owner, issue.repo_name) == ("octocat", "Hello-World")


def test_a_repository_that_has_moved_is_followed(github: FakeGitHub, source: GitHubSource) -> None:
    github.token = CANARY
    github.moved_from = "/repos/octocat/Hello-World/issues"
    github.change(1, at(0))
    assert [issue.number for issue in pages(source)[0].issues] == [1]


def test_github_is_told_who_asks(github: FakeGitHub, source: GitHubSource) -> None:
    pages(source)
    headers = github.asked[0].headers
    assert headers["user-agent"] == "millstream"
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["x-github-api-version"]
    assert headers["authorization"].endswith(CANARY)


def test_without_a_token_nobody_in_particular_asks(github: FakeGitHub) -> None:
    pages(GitHubSource("", github.url))
    assert "authorization" not in github.asked[0].headers


def test_the_token_is_sent_nowhere_else(github: FakeGitHub, source: GitHubSource) -> None:
    for number in range(1, 102):
        github.change(number, at(number))
    with FakeGitHub() as elsewhere:
        github.next_page_host = elsewhere.url
        assert isinstance(failure(source), UnreadableAnswerError)
        assert elsewhere.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_not_followed(github: FakeGitHub, source: GitHubSource, status: int) -> None:
    with FakeGitHub() as elsewhere:
        url = f"{elsewhere.url}/repos/octocat/Hello-World/issues"
        github.planned.append((status, {"location": url}, {}))
        error = failure(source)
        assert isinstance(error, UnreadableAnswerError)
        assert str(error).startswith("GitHub names a redirect elsewhere, at 127.0.0.1")
        assert elsewhere.asked == []


def test_redirects_without_end_are_reported(github: FakeGitHub, source: GitHubSource) -> None:
    github.planned.extend([(302, {"location": "/repos/octocat/Hello-World/issues"}, {})] * 100)
    assert isinstance(failure(source), GitHubUnavailableError)
    assert len(github.asked) < 30


@pytest.mark.parametrize("page", ["1", "2", "{next}"])
def test_next_pages_without_end_are_reported(github: FakeGitHub, source: GitHubSource, page: str) -> None:
    """Page 1 names itself, or page 2 does, or each names another one that has the same issues."""
    github.change(1, at(0))
    element = github.elements[1]
    for number in range(100):
        url = f"{github.url}/repos/octocat/Hello-World/issues?page={page.format(next=number)}"
        github.planned.append((200, {"link": f'<{url}>; rel="next"'}, [element]))
    error = failure(source)
    assert isinstance(error, UnreadableAnswerError)
    assert "does not end" in str(error)
    assert len(github.asked) < 10


def test_a_page_that_only_repeats_the_one_before_is_read_over(github: FakeGitHub, source: GitHubSource) -> None:
    for number in range(1, 151):
        github.change(number, at(number))
    found = source.pages(HELLO)
    assert found is not None
    first = next(found)
    for number in range(1, 101):
        github.change(number, at(1_000 + number))
    rest = {issue.number for page in found for issue in page.issues}
    assert rest | {issue.number for issue in first.issues} >= set(range(51, 151))


def _zeros(mebibytes: int) -> bytes:
    """Return so many MiB of spaces, compressed to a thousandth."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(mebibytes)) + packer.flush()


def test_a_small_answer_that_is_huge_once_decompressed_is_refused(github: FakeGitHub, source: GitHubSource) -> None:
    github.planned.append((200, {"content-encoding": "gzip"}, _zeros(128)))
    error = failure(source)
    assert (type(error), str(error)) == (UnreadableAnswerError, "GitHub's answer has more than 32 MiB")


def test_a_compressed_answer_is_read(github: FakeGitHub, source: GitHubSource) -> None:
    github.change(1, at(0))
    body = zlib.compress(json.dumps([github.elements[1]]).encode(), wbits=31)
    github.planned.append((200, {"content-encoding": "gzip"}, body))
    assert [issue.number for issue in pages(source)[0].issues] == [1]
    assert github.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("encoding", "body"), [("gzip", b"[]"), ("zstd", b"[]"), ("br", b"[]"), ("gzip", _zeros(1)[:99])]
)
def test_an_answer_that_can_not_be_decompressed_is_reported(
    github: FakeGitHub, source: GitHubSource, encoding: str, body: bytes
) -> None:
    github.planned.append((200, {"content-encoding": encoding}, body))
    assert isinstance(failure(source), UnreadableAnswerError)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_that_passes_is_tried_again(
    github: FakeGitHub, source: GitHubSource, noted: Notes, status: int
) -> None:
    github.change(1, at(0))
    github.planned.extend([(status, {}, {"message": "Server Error"})] * (MAX_TRIES - 1))
    assert [issue.number for issue in pages(source)[0].issues] == [1]
    assert len(noted) == MAX_TRIES - 1
    assert all(f"GitHub fails ({status})" in text for text in noted)


def test_a_failure_that_stays_is_told(github: FakeGitHub, source: GitHubSource) -> None:
    github.planned.extend([(502, {}, b"<html>Bad Gateway</html>")] * MAX_TRIES)
    error = failure(source)
    assert isinstance(error, GitHubUnavailableError)
    assert str(error) == "GitHub keeps failing: 502"
    assert len(github.asked) == MAX_TRIES


def test_a_failure_between_pages_is_tried_again(github: FakeGitHub, source: GitHubSource) -> None:
    for number in range(1, 251):
        github.change(number, at(number))
    found = source.pages(HELLO)
    assert found is not None
    assert len(next(found).issues) == 100
    github.planned.append((502, {}, {}))
    assert sum(len(page.issues) for page in found) == 150


def test_nobody_at_the_address_is_told(noted: Notes) -> None:
    with FakeGitHub() as gone:
        url = gone.url
    error = failure(GitHubSource(CANARY, url, Patience(1, noted.append, first_delay=0.001)))
    assert isinstance(error, GitHubUnavailableError)
    assert str(error).startswith("GitHub can't be reached: ")
    assert len(noted) == MAX_TRIES - 1


def test_a_rate_limit_that_ends_soon_is_waited_for(github: FakeGitHub, source: GitHubSource, noted: Notes) -> None:
    github.change(1, at(0))
    reset = int(time.time()) + 1
    github.planned.append((403, LIMITS | {"x-ratelimit-reset": str(reset)}, {"message": "API rate limit exceeded"}))
    assert len(pages(source)) == 1
    assert time.time() >= reset
    (said,) = noted
    assert said.startswith("GitHub's rate limit is reached: waiting for ")


@pytest.mark.parametrize("status", [403, 429])
def test_github_says_how_long_to_wait(github: FakeGitHub, source: GitHubSource, noted: Notes, status: int) -> None:
    body = {"message": "You have exceeded a secondary rate limit."}
    github.planned.append((status, {"retry-after": "1"}, body))
    began = time.monotonic()
    assert len(pages(source)) == 1
    assert time.monotonic() - began >= 1
    assert noted == ["GitHub's rate limit is reached: waiting for 2 s"]


def test_a_rate_limit_that_ends_late_is_refused(github: FakeGitHub, source: GitHubSource, noted: Notes) -> None:
    github.remaining, github.reset = 0, int(time.time()) + 1800
    error = failure(source)
    assert isinstance(error, RateLimitError)
    assert 1790 < error.seconds < 1810
    assert str(error).startswith("GitHub's rate limit is reached: ask again in 1")
    assert noted == []
    assert len(github.asked) == 1


def test_all_waits_together_are_bounded(github: FakeGitHub, source: GitHubSource, noted: Notes) -> None:
    github.planned.extend([(429, {"retry-after": "0"}, {})] * 10)
    assert isinstance(failure(source), RateLimitError)
    assert len(noted) == 2  # a second each, of the 2.5 that it may wait


@pytest.mark.parametrize(
    ("status", "message"), [(429, "Too many requests"), (403, "You have exceeded a secondary rate limit.")]
)
def test_a_limit_without_a_time_is_one_of_a_minute(
    github: FakeGitHub, source: GitHubSource, status: int, message: str
) -> None:
    github.planned.append((status, {}, {"message": message}))
    error = failure(source)
    assert isinstance(error, RateLimitError)
    assert error.seconds == 60


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, TokenRefusedError, "GitHub refuses the token"),
        (403, TokenRefusedError, "GitHub refuses: Resource not accessible"),
        (404, RepositoryNotFoundError, "octocat/Hello-World is not on GitHub"),
        (410, RepositoryNotFoundError, "octocat/Hello-World is not on GitHub"),
        (422, UnreadableAnswerError, "GitHub refuses with 422: Resource not accessible"),
    ],
)
def test_a_refusal_is_told_at_once(
    github: FakeGitHub, source: GitHubSource, status: int, kind: type[GitHubError], said: str
) -> None:
    github.planned.append((status, {}, {"message": "Resource not\naccessible"}))
    error = failure(source)
    assert isinstance(error, kind)
    assert str(error).startswith(said)
    assert len(github.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        *(b"<html>", b"", b"[" * 200_000, b"9" * 5_000, b'{"a":' * 200_000, b"[NaN]"),
        *({"message": "hello"}, {}, None, 7, "x", True),
        *([{"number": 1}], ["x"], [[]], [None], [{"updated_at": "yesterday"}]),
        *([ELEMENT | {"number": number}] for number in (0, -1, 2**63, True, "1", 1.5, None)),
        *([ELEMENT | {"title": title}] for title in (None, 7, "\ud800")),
        *([ELEMENT | {"labels": labels}] for labels in (None, {"a": 1}, [7])),
        [ELEMENT | {"updated_at": "0000-01-01T00:00:00Z"}],
    ],
)
def test_an_answer_that_is_none_is_told(github: FakeGitHub, source: GitHubSource, body: object) -> None:
    github.planned.append((200, {}, body))
    assert isinstance(failure(source), UnreadableAnswerError)


@pytest.mark.parametrize(
    "text", ["", "octocat", "/x", "x/", "a/b/c", "a b/c", "../x", "a/..", "a/.", "octocat/x?y", "-a/b", "a/b#1"]
)
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="OWNER/REPO"):
        Repository.parse(text)


def test_a_repository_is_read() -> None:
    assert Repository.parse("octocat/Hello-World.js") == ("octocat", "Hello-World.js")
    assert str(Repository.parse("octocat/Hello-World.js")) == "octocat/Hello-World.js"
