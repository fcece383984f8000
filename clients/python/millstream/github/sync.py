"""Stores what changed on GitHub since the last time.

Nothing is stored before GitHub has answered in full. Then up to 1,000 issues are one transaction; more, as the first
sync of a large repository has them, are several. How far we are is saved once all are stored: a sync that was broken
off between two transactions is simply made again, which changes nothing of what is stored.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.github.progress import SyncProgress
from millstream.github.repository import Repository
from millstream.github.source import GitHubSource, Page

if TYPE_CHECKING:
    from millstream import Client

MAX_ISSUES = 1_000
MAX_BYTES = 4 << 20
"""So many issues, and bytes beside the last issue's, go into one call at most: less than the service takes."""


@dataclass
class SyncOutcome:
    """What a sync did: how many issues were new, replaced what was stored, or were stored just so."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    not_modified: bool = False
    """GitHub said by the ETag that nothing has changed."""


def sync_issues(
    client: "Client",
    source: GitHubSource,
    repository: Repository,
    *,
    api_url: str,
    full: bool = False,
    tell: Callable[[int], None] = lambda _: None,
) -> SyncOutcome:
    """Store the issues of a repository that changed since the last sync, or all of them.

    `tell` hears after each page how many issues have come so far. Raises GitHubError, and nothing is stored; and
    MillstreamError.
    """
    before = SyncProgress() if full else SyncProgress.load(client, repository, api_url)
    pages = source.pages(repository, before.since, before.etag)
    if pages is None:
        return SyncOutcome(not_modified=True)
    first, issues = _read(pages, tell)
    outcome = _store(client, issues)
    _next_progress(before, first).save(client, repository, api_url)
    return outcome


def _read(pages: Iterator[Page], tell: Callable[[int], None]) -> tuple[Page, list[GitHubIssue]]:
    first = next(pages)
    issues = list(first.issues)
    tell(len(issues))
    for page in pages:
        issues += page.issues
        tell(len(issues))
    return first, issues


def _next_progress(before: SyncProgress, first: Page) -> SyncProgress:
    """Return where the next sync begins. The ETag is of the question asked: with another `since` it is void."""
    since = first.newest or before.since
    return SyncProgress(since, first.etag if since == before.since else "")


def _store(client: "Client", issues: list[GitHubIssue]) -> SyncOutcome:
    outcome = SyncOutcome()
    for batch in _batches(issues):
        answer = client.agents.sync_github_issues(batch)
        outcome.created += answer.created
        outcome.updated += answer.updated
        outcome.unchanged += answer.unchanged
    return outcome


def _batches(issues: list[GitHubIssue]) -> Iterator[list[GitHubIssue]]:
    batch: list[GitHubIssue] = []
    size = 0
    for issue in issues:
        batch.append(issue)
        size += issue.ByteSize()
        if len(batch) == MAX_ISSUES or size >= MAX_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
