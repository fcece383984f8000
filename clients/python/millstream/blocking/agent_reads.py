"""The blocking client's reads about coding agents."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import Generator, Iterable
from datetime import datetime

from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus, InstanceType
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.async_client import AsyncClient
from millstream.blocking.build_reads import AHEAD
from millstream.blocking.portal import Portal


class BlockingAgentReads:
    """The reads about coding agents. See `AsyncAgentReads`, which they run."""

    _client: AsyncClient
    _portal: Portal

    def get_instance(self, id: str, *, timeout: float | None = 30.0) -> Instance:
        """Read one instance. Raises InstanceNotFoundError."""
        return self._portal.run(self._client.get_instance(id, timeout=timeout))

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
    ) -> Generator[Instance, None, None]:
        """Iterate over the instances that fit all that is given, by `created_at` unless `order_by` says otherwise.

        `issue_number` 0 stands for no issue, an empty `parent_instance` for no parent.
        """
        yield from self._portal.iterate(
            self._client.list_instances(
                types=types,
                statuses=statuses,
                issue_number=issue_number,
                parent_instance=parent_instance,
                order_by=order_by,
                descending=descending,
                page_size=page_size,
                timeout=timeout,
            ),
            AHEAD,
        )

    def list_mcp_events(
        self, instance_id: str, *, page_size: int = 100, timeout: float | None = 30.0
    ) -> Generator[McpEvent, None, None]:
        """Iterate over what an instance did, the last logged first. Raises InstanceNotFoundError."""
        yield from self._portal.iterate(
            self._client.list_mcp_events(instance_id, page_size=page_size, timeout=timeout), AHEAD
        )

    def list_recent_mcp_events(
        self, since: datetime | None = None, *, page_size: int = 100, timeout: float | None = 30.0
    ) -> Generator[McpEvent, None, None]:
        """Iterate over what all instances did from a time on, newest first. Give `since` with its time zone."""
        yield from self._portal.iterate(
            self._client.list_recent_mcp_events(since, page_size=page_size, timeout=timeout), AHEAD
        )

    def list_relationships(
        self, instance_id: str, *, page_size: int = 200, timeout: float | None = 30.0
    ) -> Generator[Relationship, None, None]:
        """Iterate over the relationships of an instance, as parent and as child, by id."""
        yield from self._portal.iterate(
            self._client.list_relationships(instance_id, page_size=page_size, timeout=timeout), AHEAD
        )

    def get_github_issue(
        self, repo_owner: str, repo_name: str, number: int, *, timeout: float | None = 30.0
    ) -> GitHubIssue:
        """Read one issue. Raises GitHubIssueNotFoundError."""
        return self._portal.run(self._client.get_github_issue(repo_owner, repo_name, number, timeout=timeout))

    def get_config(self, key: str, *, timeout: float | None = 30.0) -> ConfigEntry:
        """Read one setting, its value decrypted. Raises ConfigNotFoundError, EncryptionKeyMissingError."""
        return self._portal.run(self._client.get_config(key, timeout=timeout))

    def list_config(self, *, page_size: int = 200, timeout: float | None = 30.0) -> Generator[ConfigEntry, None, None]:
        """Iterate over all settings, by key; encrypted ones without their values."""
        yield from self._portal.iterate(self._client.list_config(page_size=page_size, timeout=timeout), AHEAD)
