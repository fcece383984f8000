"""Calls that write what is known of coding agents."""
# ruff: noqa: A002, ASYNC109 - the protos call it `id`; gRPC takes the timeout

from collections.abc import Iterable, Sequence

from millstream.agents.stub import AgentCalls
from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.errors import NotFoundError
from millstream.transport.connection import Attempts
from millstream.transport.creation import create, delete, is_done
from millstream.transport.masks import field_mask


class AsyncAgentWrites(AgentCalls):
    """The writes. Each is durable once it is answered, and answers with the service's response.

    An update changes the fields that its mask names, at least one (else ValueError). `replace_…` changes all.

    `timeout` bounds a call with all its tries, in seconds. What would not be the same when done twice is tried again
    only where the service certainly did nothing of it.
    """

    async def create_instance(self, instance: Instance, *, timeout: float | None = 30.0) -> pb.CreateInstanceResponse:
        """Create an instance. Without an id it is given one of its issue's and its own number.

        With an id it may be tried again. Raises InstanceExistsError, ParentInstanceNotFoundError,
        ValidationFailedError.
        """
        request = pb.CreateInstanceRequest(instance=instance)

        async def call(attempts: Attempts) -> pb.CreateInstanceResponse:
            method = self._agents.CreateInstance
            return await self._connection.call(
                method, request, timeout, repeatable=bool(instance.id), attempts=attempts
            )

        async def read_back() -> pb.CreateInstanceResponse | None:
            try:
                wanted = pb.GetInstanceRequest(id=instance.id)
                stored = (await self._connection.call(self._agents.GetInstance, wanted, timeout)).instance
            except NotFoundError:
                return None
            return pb.CreateInstanceResponse(instance=stored) if is_done(request.instance, stored) else None

        return await create(call, read_back)

    async def update_instance(
        self, instance: Instance, mask: Sequence[str], *, timeout: float | None = 30.0
    ) -> pb.UpdateInstanceResponse:
        """Change the fields of an instance that `mask` names; its status has a call of its own.

        Raises InstanceNotFoundError, InvalidUpdateMaskError, ParentInstanceNotFoundError, ValidationFailedError.
        """
        request = pb.UpdateInstanceRequest(instance=instance, update_mask=field_mask(mask))
        return await self._connection.call(self._agents.UpdateInstance, request, timeout)

    async def replace_instance(self, instance: Instance, *, timeout: float | None = 30.0) -> pb.UpdateInstanceResponse:
        """Replace what is said of an instance, but for its status: what is left out is reset.

        Raises InstanceNotFoundError, ParentInstanceNotFoundError, ValidationFailedError.
        """
        request = pb.UpdateInstanceRequest(instance=instance)
        return await self._connection.call(self._agents.UpdateInstance, request, timeout)

    async def update_instance_status(
        self, id: str, status: InstanceStatus, *, timeout: float | None = 30.0
    ) -> pb.UpdateInstanceStatusResponse:
        """Change the status of an instance, and log that.

        Raises InstanceNotFoundError, InvalidStatusTransitionError.
        """
        request = pb.UpdateInstanceStatusRequest(id=id, status=status)
        method = self._agents.UpdateInstanceStatus
        return await self._connection.call(method, request, timeout, repeatable=False)

    async def delete_instance(self, id: str, *, timeout: float | None = 30.0) -> pb.DeleteInstanceResponse:
        """Delete an instance with its events and relationships. Raises InstanceNotFoundError."""

        async def call(attempts: Attempts) -> pb.DeleteInstanceResponse:
            request = pb.DeleteInstanceRequest(id=id)
            return await self._connection.call(self._agents.DeleteInstance, request, timeout, attempts=attempts)

        return await delete(call, pb.DeleteInstanceResponse())

    async def log_mcp_event(self, mcp_event: McpEvent, *, timeout: float | None = 30.0) -> pb.LogMcpEventResponse:
        """Log what an instance did. Raises InstanceNotFoundError, ValidationFailedError, MessageTooLargeError."""
        request = pb.LogMcpEventRequest(mcp_event=mcp_event)
        method = self._agents.LogMcpEvent
        return await self._connection.call(method, request, timeout, repeatable=False)

    async def create_relationship(
        self, relationship: Relationship, *, timeout: float | None = 30.0
    ) -> pb.CreateRelationshipResponse:
        """Create a relationship; tried again only where the service certainly did nothing of it.

        Raises ParentInstanceNotFoundError, ChildInstanceNotFoundError, RelationshipExistsError,
        ReviewLimitReachedError, ValidationFailedError (it would close a cycle).
        """
        request = pb.CreateRelationshipRequest(relationship=relationship)
        method = self._agents.CreateRelationship
        return await self._connection.call(method, request, timeout, repeatable=False)

    async def update_relationship(
        self, relationship: Relationship, mask: Sequence[str], *, timeout: float | None = 30.0
    ) -> pb.UpdateRelationshipResponse:
        """Change the round or the metadata of a relationship, or both: what `mask` names.

        Raises RelationshipNotFoundError, InvalidUpdateMaskError, ReviewLimitReachedError, ValidationFailedError.
        """
        request = pb.UpdateRelationshipRequest(relationship=relationship, update_mask=field_mask(mask))
        return await self._connection.call(self._agents.UpdateRelationship, request, timeout)

    async def replace_relationship(
        self, relationship: Relationship, *, timeout: float | None = 30.0
    ) -> pb.UpdateRelationshipResponse:
        """Replace the round and the metadata of a relationship: what is left out is reset.

        Raises RelationshipNotFoundError, ReviewLimitReachedError, ValidationFailedError.
        """
        request = pb.UpdateRelationshipRequest(relationship=relationship)
        return await self._connection.call(self._agents.UpdateRelationship, request, timeout)

    async def upsert_github_issue(
        self, github_issue: GitHubIssue, *, timeout: float | None = 30.0
    ) -> pb.UpsertGitHubIssueResponse:
        """Store an issue, unless a later state of it is stored. Raises ValidationFailedError, MessageTooLargeError."""
        request = pb.UpsertGitHubIssueRequest(github_issue=github_issue)
        return await self._connection.call(self._agents.UpsertGitHubIssue, request, timeout)

    async def sync_github_issues(
        self, github_issues: Iterable[GitHubIssue], *, timeout: float | None = 30.0
    ) -> pb.SyncGitHubIssuesResponse:
        """Do that for many issues, 1,000 at most: all, or none where one is at fault.

        Raises ListTooLargeError, ValidationFailedError, MessageTooLargeError.
        """
        request = pb.SyncGitHubIssuesRequest(github_issues=github_issues)
        return await self._connection.call(self._agents.SyncGitHubIssues, request, timeout)

    async def set_config(
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
        request = pb.SetConfigRequest(key=key, value=value, encrypted=encrypted, allow_plaintext=allow_plaintext)
        return await self._connection.call(self._agents.SetConfig, request, timeout)

    async def delete_config(self, key: str, *, timeout: float | None = 30.0) -> pb.DeleteConfigResponse:
        """Delete a setting. Raises ConfigNotFoundError."""

        async def call(attempts: Attempts) -> pb.DeleteConfigResponse:
            request = pb.DeleteConfigRequest(key=key)
            return await self._connection.call(self._agents.DeleteConfig, request, timeout, attempts=attempts)

        return await delete(call, pb.DeleteConfigResponse())
