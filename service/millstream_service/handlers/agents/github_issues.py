"""The RPCs of GitHub's issues."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from google.protobuf.message import Message

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream_service.convert.agents.entities import (
    github_issue_from_message,
    github_issue_to_message,
    issue_key,
    issue_state,
    repository_key,
)
from millstream_service.errors import ListTooLargeError
from millstream_service.handlers.shared.reading import Reading
from millstream_service.handlers.shared.storing import Storing
from millstream_service.handlers.shared.watching import Messages, Watching
from millstream_service.reactive.regions import listed_below
from millstream_service.security.caller import Caller
from millstream_service.store.agents import github_issues
from millstream_service.store.agents.github_issues import Outcome
from millstream_service.store.agents.tables import GITHUB_ISSUES
from millstream_service.store.database.lanes import Lane
from millstream_service.store.entities import rows

MAX_ISSUES = 1_000


class GitHubIssueCalls(Storing, Reading, Watching):
    """Store, read and watch issues."""

    async def UpsertGitHubIssue(
        self, request: pb.UpsertGitHubIssueRequest, _caller: Caller
    ) -> pb.UpsertGitHubIssueResponse:
        """Store an issue, unless a later state of it is stored."""
        command = partial(github_issues.store, values=github_issue_from_message(request.github_issue))
        return await self._store(command, _answer_upsert)

    async def GetGitHubIssue(self, request: pb.GetGitHubIssueRequest, _caller: Caller) -> pb.GetGitHubIssueResponse:
        """Read one issue."""
        query = partial(rows.get, resource=GITHUB_ISSUES, key=issue_key(request))
        row = await self.dependencies.database.read(query)
        return pb.GetGitHubIssueResponse(github_issue=github_issue_to_message(row))

    async def SyncGitHubIssues(
        self, request: pb.SyncGitHubIssuesRequest, _caller: Caller
    ) -> pb.SyncGitHubIssuesResponse:
        """Store many issues, all or none."""
        if len(request.github_issues) > MAX_ISSUES:
            raise ListTooLargeError("github_issues", MAX_ISSUES)
        issues = await self.dependencies.database.lanes.run(Lane.MESSAGES, partial(_rows, request.github_issues))
        command = partial(github_issues.store_all, issues=issues)
        return await self._store(command, _answer_sync, size=request.ByteSize())

    def StreamGitHubIssues(self, request: pb.StreamGitHubIssuesRequest, caller: Caller) -> Messages:
        """Watch the issues of a repository."""
        repository = repository_key(request)
        state = issue_state("state", request.state)
        branch = {"repository": repository, **({"state": state} if state else {})}

        def respond(row: rows.Row) -> Message:
            return pb.StreamGitHubIssuesResponse(github_issues=[github_issue_to_message(row)])

        region = [listed_below(GITHUB_ISSUES.table.name, repository)]
        return self._watch_list(request, caller, region, GITHUB_ISSUES, [branch], respond)


def _answer_upsert(stored: tuple[rows.Row, Outcome]) -> pb.UpsertGitHubIssueResponse:
    return pb.UpsertGitHubIssueResponse(github_issue=github_issue_to_message(stored[0]))


def _answer_sync(outcomes: Counter[Outcome]) -> pb.SyncGitHubIssuesResponse:
    return pb.SyncGitHubIssuesResponse(
        created=outcomes[Outcome.CREATED],
        updated=outcomes[Outcome.UPDATED],
        unchanged=outcomes[Outcome.UNCHANGED],
    )


def _rows(issues: Sequence[GitHubIssue]) -> list[dict[str, Any]]:
    """Return issues as rows: in a thread, for a thousand take long. Raises ValidationFailedError."""
    return [github_issue_from_message(issue, f"github_issues[{index}]") for index, issue in enumerate(issues)]
