"""Calls that read what is known of coding agents."""
# ruff: noqa: A002, ASYNC109 - the protos call it `id`; gRPC takes the timeout

from collections.abc import AsyncGenerator, Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.agents.stub import AgentCalls
from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus, InstanceType
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.transport.pages import read_pages


class AsyncAgentReads(AgentCalls):
    """The reads. Lists come page by page, as they are consumed: `page_size` elements at a time, 1,000 at most."""

    async def get_instance(self, id: str, *, timeout: float | None = 30.0) -> Instance:
        """Read one instance. Raises InstanceNotFoundError."""
        request = pb.GetInstanceRequest(id=id)
        return (await self._connection.call(self._agents.GetInstance, request, timeout)).instance

    def list_instances(
        self,
        *,
        types: Iterable[InstanceType] = (),
        statuses: Iterable[InstanceStatus] = (),
        issue_number: int | None = None,
        parent_instance: str | None = None,
        order_by: str = "",
        descending: bool = False,
        page_size: int = 200,
        timeout: float | None = 30.0,
    ) -> AsyncGenerator[Instance, None]:
        """Iterate over the instances that fit all that is given, by `created_at` unless `order_by` says otherwise.

        `issue_number` 0 stands for no issue, an empty `parent_instance` for no parent.
        """
        request = pb.ListInstancesRequest(
            types=types,
            statuses=statuses,
            issue_number=issue_number,
            parent_instance=parent_instance,
            order_by=order_by,
            descending=descending,
            page_size=page_size,
        )
        return read_pages(
            self._connection,
            lambda: self._agents.ListInstances,
            request,
            timeout,
            lambda page: page.instances,
        )

    def list_mcp_events(
        self, instance_id: str, *, page_size: int = 100, timeout: float | None = 30.0
    ) -> AsyncGenerator[McpEvent, None]:
        """Iterate over what an instance did, the last logged first. Raises InstanceNotFoundError."""
        return read_pages(
            self._connection,
            lambda: self._agents.ListMcpEvents,
            pb.ListMcpEventsRequest(instance_id=instance_id, limit=page_size),
            timeout,
            lambda page: page.mcp_events,
        )

    def list_recent_mcp_events(
        self, since: datetime | None = None, *, page_size: int = 100, timeout: float | None = 30.0
    ) -> AsyncGenerator[McpEvent, None]:
        """Iterate over what all instances did from a time on, newest first. Give `since` with its time zone."""
        request = pb.ListRecentMcpEventsRequest(limit=page_size)
        if since is not None:
            request.since.CopyFrom(_timestamp(since))
        return read_pages(
            self._connection,
            lambda: self._agents.ListRecentMcpEvents,
            request,
            timeout,
            lambda page: page.mcp_events,
        )

    def list_relationships(
        self, instance_id: str, *, page_size: int = 200, timeout: float | None = 30.0
    ) -> AsyncGenerator[Relationship, None]:
        """Iterate over the relationships of an instance, as parent and as child, by id."""
        return read_pages(
            self._connection,
            lambda: self._agents.ListRelationships,
            pb.ListRelationshipsRequest(instance_id=instance_id, page_size=page_size),
            timeout,
            lambda page: page.relationships,
        )

    async def get_github_issue(
        self, repo_owner: str, repo_name: str, number: int, *, timeout: float | None = 30.0
    ) -> GitHubIssue:
        """Read one issue. Raises GitHubIssueNotFoundError."""
        request = pb.GetGitHubIssueRequest(repo_owner=repo_owner, repo_name=repo_name, number=number)
        return (await self._connection.call(self._agents.GetGitHubIssue, request, timeout)).github_issue

    async def get_config(self, key: str, *, timeout: float | None = 30.0) -> ConfigEntry:
        """Read one setting, its value decrypted. Raises ConfigNotFoundError, EncryptionKeyMissingError."""
        request = pb.GetConfigRequest(key=key)
        return (await self._connection.call(self._agents.GetConfig, request, timeout)).config_entry

    def list_config(self, *, page_size: int = 200, timeout: float | None = 30.0) -> AsyncGenerator[ConfigEntry, None]:
        """Iterate over all settings, by key; encrypted ones without their values."""
        return read_pages(
            self._connection,
            lambda: self._agents.ListConfig,
            pb.ListConfigRequest(page_size=page_size),
            timeout,
            lambda page: page.config_entries,
        )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
