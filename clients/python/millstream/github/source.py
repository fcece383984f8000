"""Asks GitHub for the issues of a repository (https://docs.github.com/rest/issues/issues#list-repository-issues).

The newest change comes first. So the first page differs whenever anything does, and its ETag speaks for all pages; and
what changes while we read moves to the front, past which we are: it is the next sync's, and nothing is skipped.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.github import api_url
from millstream.github.errors import UnreadableAnswerError
from millstream.github.failures import explained
from millstream.github.patience import Patience
from millstream.github.repository import Repository

if TYPE_CHECKING:
    from githubkit.response import Response

PAGE = 100
TIMEOUT_SECONDS = 30.0


class Page(NamedTuple):
    """Some issues, newest change first.

    `newest`: when the newest of all elements changed, pull requests among them; None where there is none. `etag`: what
    stands for the whole list as it is now, if this is its first page.
    """

    issues: list[GitHubIssue]
    newest: datetime | None
    etag: str


class GitHubSource:
    """GitHub's REST API, asked with one token (empty: as nobody in particular, which has a low rate limit)."""

    def __init__(self, token: str = "", api_url: str = api_url.DEFAULT, patience: Patience | None = None) -> None:
        from githubkit import GitHub, TokenAuthStrategy, UnauthAuthStrategy

        self._github: GitHub[Any] = GitHub(
            TokenAuthStrategy(token) if token else UnauthAuthStrategy(),
            base_url=api_url,
            user_agent="millstream",
            timeout=TIMEOUT_SECONDS,
            http_cache=False,  # we remember the one ETag that matters ourselves, for longer than this process
            auto_retry=patience or Patience(0),
        )

    def pages(self, repository: Repository, since: datetime | None = None, etag: str = "") -> Iterator[Page] | None:
        """Return the issues that changed at `since` or later, a page at a time; None where the ETag still stands.

        Pull requests, which GitHub lists among the issues, are left out. Raises GitHubError, also while pages are
        taken.
        """
        with explained(repository):
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
        response = first
        while True:
            with explained(repository):
                page = _page(response, repository)
            yield page
            following = response.raw_response.links.get("next", {}).get("url")
            if not following:
                return
            with explained(repository):
                response = self._github.request("GET", self._ours(following))

    def _ours(self, url: str) -> str:
        """Return the URL of a page, if it is one of the API that was asked: the token goes nowhere else."""
        import httpx

        asked, given = self._github.config.base_url, httpx.URL(url)
        if (given.scheme, given.host, given.port) != (asked.scheme, asked.host, asked.port):
            raise UnreadableAnswerError(f"GitHub names a next page elsewhere, at {given.host}: not followed")
        return url


def _page(response: "Response[Any, Any]", repository: Repository) -> Page:
    elements = response.json()
    newest = max((_time(element["updated_at"]) for element in elements), default=None)
    issues = [_issue(element, repository) for element in elements if "pull_request" not in element]
    return Page(issues, newest, response.headers.get("etag", ""))


def _issue(element: dict[str, Any], repository: Repository) -> GitHubIssue:
    owner, name = _written_by_github(element, repository)
    issue = GitHubIssue(
        repo_owner=owner,
        repo_name=name,
        number=element["number"],
        title=element["title"],
        body=element.get("body") or "",
        state=element["state"],
        assignee=(element.get("assignee") or {}).get("login", ""),
        labels=[label if isinstance(label, str) else label.get("name") or "" for label in element["labels"]],
    )
    issue.created_at.FromDatetime(_time(element["created_at"]))
    issue.updated_at.FromDatetime(_time(element["updated_at"]))
    return issue


def _written_by_github(element: dict[str, Any], asked: Repository) -> tuple[str, str]:
    """Return the repository's name in GitHub's own spelling: whoever asks may have written it otherwise."""
    _, slash, named = element.get("repository_url", "").rpartition("/repos/")
    owner, parted, name = named.partition("/")
    return (owner, name) if slash and parted else (asked.owner, asked.name)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
