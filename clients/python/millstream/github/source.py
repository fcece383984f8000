"""Asks GitHub for the issues of a repository (https://docs.github.com/rest/issues/issues#list-repository-issues).

The newest change comes first. So the first page differs whenever anything does, and its ETag speaks for all pages; and
what changes while we read moves to the front, past which we are: it is the next sync's, and nothing is skipped.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.github import api_url
from millstream.github.errors import UnreadableAnswerError
from millstream.github.failures import explain_failures
from millstream.github.patience import Patience
from millstream.github.repository import Repository

if TYPE_CHECKING:
    from githubkit.response import Response

PAGE = 100
TIMEOUT_SECONDS = 30.0
T = TypeVar("T")
MAX_PAGES = 10_000
MAX_STALE_PAGES = 3


class Page(NamedTuple):
    """Some issues, newest change first.

    `newest`: when the newest of all elements changed, pull requests among them; None where there is none. `etag`: what
    stands for the whole list as it is now, if this is its first page. `numbers`: those of all elements.
    """

    issues: list[GitHubIssue]
    newest: datetime | None
    etag: str
    numbers: frozenset[int]


class GitHubSource:
    """GitHub's REST API, asked with one token (empty: as nobody in particular, which has a low rate limit)."""

    def __init__(self, token: str = "", api_url: str = api_url.DEFAULT, patience: Patience | None = None) -> None:
        from githubkit import GitHub, TokenAuthStrategy, UnauthAuthStrategy

        from millstream.github.bounded_answers import hooks

        self._github: GitHub[Any] = GitHub(
            TokenAuthStrategy(token) if token else UnauthAuthStrategy(),
            base_url=api_url,
            user_agent="millstream",
            timeout=TIMEOUT_SECONDS,
            http_cache=False,  # we remember the one ETag that matters ourselves, for longer than this process
            auto_retry=patience or Patience(0),
            event_hooks=hooks(api_url),
        )

    def pages(self, repository: Repository, since: datetime | None = None, etag: str = "") -> Iterator[Page] | None:
        """Return the issues that changed at `since` or later, a page at a time; None where the ETag still stands.

        Pull requests, which GitHub lists among the issues, are left out. Raises GitHubError, also while pages are
        taken.
        """
        with explain_failures(repository):
            response = self._first(repository, since, etag)
        return None if response.status_code == 304 else self._from(response, repository)

    def _first(self, repository: Repository, since: datetime | None, etag: str) -> "Response[Any, Any]":
        from githubkit.utils import UNSET

        return self._github.rest.issues.list_for_repo(
            repository.owner,
            repository.name,
            state="all",
            sort="updated",
            direction="desc",
            since=UNSET if since is None else since,
            per_page=PAGE,
            headers={"If-None-Match": etag} if etag else None,
        )

    def _from(self, first: "Response[Any, Any]", repository: Repository) -> Iterator[Page]:
        response, course = first, _Course()
        while True:
            with explain_failures(repository):
                page = _page(response, repository)
                course.go_on(page)
            yield page
            following = response.raw_response.links.get("next", {}).get("url")
            if not following:
                return
            with explain_failures(repository):
                response = self._github.request("GET", self._ours(following))

    def _ours(self, url: str) -> str:
        """Return the URL of a page, if it is one of the API that was asked."""
        import httpx

        from millstream.github.bounded_answers import check_same_server

        check_same_server(self._github.config.base_url, httpx.URL(url), "a next page")
        return url


class _Course:
    """Sees to it that pages come to an end.

    What changes while we read moves to the front, so a page may repeat some of the one before; one after the other that
    has nothing new is a list that goes round.
    """

    def __init__(self) -> None:
        self._pages = 0
        self._stale = 0
        self._seen: set[int] = set()

    def go_on(self, page: Page) -> None:
        """Take note of a page. Raises UnreadableAnswerError where there is no end in sight."""
        self._pages += 1
        self._stale = 0 if page.numbers - self._seen else self._stale + 1
        self._seen |= page.numbers
        if self._pages > MAX_PAGES or self._stale > MAX_STALE_PAGES:
            raise UnreadableAnswerError(f"GitHub's list of issues does not end: {self._pages} pages, and more follow")


def _page(response: "Response[Any, Any]", repository: Repository) -> Page:
    elements = response.json()
    if not isinstance(elements, list):
        raise UnreadableAnswerError("GitHub's answer is not a list of issues")
    newest = max((_time(element["updated_at"]) for element in elements), default=None)
    issues = [_issue(element, repository) for element in elements if "pull_request" not in element]
    numbers = frozenset(_number(element) for element in elements)
    return Page(issues, newest, response.headers.get("etag", ""), numbers)


def _known(value: T, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"not a {kind.__name__}")
    return value


def _number(element: dict[str, Any]) -> int:
    number = element["number"]
    if type(number) is not int or not 0 < number < 1 << 63:
        raise ValueError("not the number of an issue")
    return number


def _issue(element: dict[str, Any], repository: Repository) -> GitHubIssue:
    owner, name = _written_by_github(element, repository)
    issue = GitHubIssue(
        repo_owner=owner,
        repo_name=name,
        number=_number(element),
        title=_known(element["title"], str),
        body=element.get("body") or "",
        state=element["state"],
        assignee=(element.get("assignee") or {}).get("login", ""),
        labels=[
            label if isinstance(label, str) else label.get("name") or "" for label in _known(element["labels"], list)
        ],
    )
    issue.created_at.FromDatetime(_time(element["created_at"]))
    issue.updated_at.FromDatetime(_time(element["updated_at"]))
    return issue


def _written_by_github(element: dict[str, Any], asked: Repository) -> tuple[str, str]:
    """Return the repository's name in GitHub's own spelling: the caller may have written it otherwise."""
    _, slash, named = element.get("repository_url", "").rpartition("/repos/")
    owner, parted, name = named.partition("/")
    return (owner, name) if slash and parted else (asked.owner, asked.name)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
