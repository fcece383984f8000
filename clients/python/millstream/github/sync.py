"""Stores what changed on GitHub since the last time.

Each page is stored as it comes, all or nothing; how far we are is saved once all are. A sync that is broken off has
stored whole pages, and the next one reads them again, which changes nothing.
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

BATCH_BYTES = 1 << 20
"""So many bytes go into one call at most, beside its last issue."""


@dataclass
class SyncOutcome:
    """What a sync did: how many issues were new, replaced what was stored, or were stored just so."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    not_modified: bool = False
    """GitHub said by the ETag that nothing has changed."""

    @property
    def total(self) -> int:
        """All issues that GitHub sent."""
        return self.created + self.updated + self.unchanged


def sync_issues(
    client: "Client",
    source: GitHubSource,
    repository: Repository,
    *,
    api_url: str,
    full: bool = False,
    tell: Callable[[SyncOutcome], None] = lambda _: None,
) -> SyncOutcome:
    """Store the issues of a repository that changed since the last sync, or all of them.

    `tell` hears after each page what was done so far. Raises GitHubError and MillstreamError.
    """
    before = SyncProgress() if full else SyncProgress.load(client, repository, api_url)
    outcome = SyncOutcome()
    pages = source.pages(repository, before.since, before.etag)
    if pages is None:
        outcome.not_modified = True
        return outcome
    first: Page | None = None
    for page in pages:
        first = first or page
        _store(client, page, outcome)
        tell(outcome)
    if first is not None:
        _reached(before, first).save(client, repository, api_url)
    return outcome


def _reached(before: SyncProgress, first: Page) -> SyncProgress:
    """Return where the next sync begins. The ETag is of the question asked: with another `since` it is void."""
    since = first.newest or before.since
    return SyncProgress(since, first.etag if since == before.since else "")


def _store(client: "Client", page: Page, outcome: SyncOutcome) -> None:
    for batch in _batches(page.issues):
        answer = client.sync_github_issues(batch)
        outcome.created += answer.created
        outcome.updated += answer.updated
        outcome.unchanged += answer.unchanged


def _batches(issues: list[GitHubIssue]) -> Iterator[list[GitHubIssue]]:
    batch: list[GitHubIssue] = []
    size = 0
    for issue in issues:
        batch.append(issue)
        size += issue.ByteSize()
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
