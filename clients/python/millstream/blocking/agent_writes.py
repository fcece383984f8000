"""The blocking client's writes about coding agents."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import Iterable, Sequence

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.async_client import AsyncClient
from millstream.blocking.portal import Portal


class BlockingAgentWrites:
    """The writes about coding agents. See `AsyncAgentWrites`, which they run."""

    _client: AsyncClient
    _portal: Portal

    def create_instance(self, instance: Instance, *, timeout: float | None = 30.0) -> pb.CreateInstanceResponse:
        """Create an instance. Without an id it is given one of its issue's and its own number.

        With an id it may be tried again. Raises InstanceExistsError, ParentInstanceNotFoundError,
        ValidationFailedError.
        """
        return self._portal.run(self._client.create_instance(instance, timeout=timeout))

    def update_instance(
        self, instance: Instance, mask: Sequence[str] | None = None, *, timeout: float | None = 30.0
    ) -> pb.UpdateInstanceResponse:
        """Change what is said of an instance: the fields named in `mask`, or all that may be changed; not its status.

        Raises InstanceNotFoundError, InvalidUpdateMaskError, ParentInstanceNotFoundError, ValidationFailedError.
        """
        return self._portal.run(self._client.update_instance(instance, mask, timeout=timeout))

    def update_instance_status(
        self, id: str, status: InstanceStatus, *, timeout: float | None = 30.0
    ) -> pb.UpdateInstanceStatusResponse:
        """Change the status of an instance, and log that.

        Raises InstanceNotFoundError, InvalidStatusTransitionError.
        """
        return self._portal.run(self._client.update_instance_status(id, status, timeout=timeout))

    def delete_instance(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteInstanceResponse:
        """Delete an instance with its events and relationships. Raises InstanceNotFoundError."""
        return self._portal.run(self._client.delete_instance(id, timeout=timeout))

    def log_mcp_event(self, mcp_event: McpEvent, *, timeout: float | None = 30.0) -> pb.LogMcpEventResponse:
        """Log what an instance did. Raises InstanceNotFoundError, ValidationFailedError, MessageTooLargeError."""
        return self._portal.run(self._client.log_mcp_event(mcp_event, timeout=timeout))

    def create_relationship(
        self, relationship: Relationship, *, timeout: float | None = 30.0
    ) -> pb.CreateRelationshipResponse:
        """Create a relationship; tried again only where the service certainly did nothing of it.

        Raises ParentInstanceNotFoundError, ChildInstanceNotFoundError, RelationshipExistsError,
        ReviewLimitReachedError, ValidationFailedError (it would close a cycle).
        """
        return self._portal.run(self._client.create_relationship(relationship, timeout=timeout))

    def update_relationship(
        self, relationship: Relationship, mask: Sequence[str] | None = None, *, timeout: float | None = 30.0
    ) -> pb.UpdateRelationshipResponse:
        """Change the round or the metadata of a relationship: what is named in `mask`, or both.

        Raises RelationshipNotFoundError, InvalidUpdateMaskError, ReviewLimitReachedError, ValidationFailedError.
        """
        return self._portal.run(self._client.update_relationship(relationship, mask, timeout=timeout))

    def upsert_github_issue(
        self, github_issue: GitHubIssue, *, timeout: float | None = 30.0
    ) -> pb.UpsertGitHubIssueResponse:
        """Store an issue, unless a later state of it is stored. Raises ValidationFailedError, MessageTooLargeError."""
        return self._portal.run(self._client.upsert_github_issue(github_issue, timeout=timeout))

    def sync_github_issues(
        self, github_issues: Iterable[GitHubIssue], *, timeout: float | None = 30.0
    ) -> pb.SyncGitHubIssuesResponse:
        """Do that for many issues, 1,000 at most: all, or none where one is at fault.

        Raises ListTooLargeError, ValidationFailedError, MessageTooLargeError.
        """
        return self._portal.run(self._client.sync_github_issues(github_issues, timeout=timeout))

    def set_config(
        self,
        key: str,
        value: str,
        *,
        encrypted: bool = False,
        allow_plaintext: bool = False,
        timeout: float | None = 30.0,
    ) -> pb.SetConfigResponse:
        """Create or replace a setting; with `encrypted` only an encrypted form of it is ever stored.

        One that is stored encrypted is replaced by one in the clear only with `allow_plaintext`.
        Raises EncryptionKeyMissingError, ValidationFailedError, MessageTooLargeError.
        """
        return self._portal.run(
            self._client.set_config(key, value, encrypted=encrypted, allow_plaintext=allow_plaintext, timeout=timeout)
        )

    def delete_config(self, key: str, *, timeout: float | None = 30.0) -> pb.DeleteConfigResponse:
        """Delete a setting. Raises ConfigNotFoundError."""
        return self._portal.run(self._client.delete_config(key, timeout=timeout))
