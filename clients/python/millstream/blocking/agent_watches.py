"""The blocking client's streams about coding agents."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import Generator, Iterable

from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus, InstanceType
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.async_client import AsyncClient
from millstream.blocking.build_watches import AHEAD
from millstream.blocking.portal import Portal


class BlockingAgentWatches:
    """The streams about coding agents, as generators that wait. See `AsyncAgentWatches`, which they run."""

    _client: AsyncClient
    _portal: Portal

    def watch_instances(
        self,
        *,
        types: Iterable[InstanceType] = (),
        statuses: Iterable[InstanceStatus] = (),
        issue_number: int | None = None,
        parent_instance: str | None = None,
        order_by: str = "",
        descending: bool = False,
        limit: int = 0,
        min_interval: float = 0,
    ) -> Generator[list[Instance], None, None]:
        """Watch the instances that `list_instances` would list; the first `limit` of them, or all for 0."""
        yield from self._portal.iterate(
            self._client.watch_instances(
                types=types,
                statuses=statuses,
                issue_number=issue_number,
                parent_instance=parent_instance,
                order_by=order_by,
                descending=descending,
                limit=limit,
                min_interval=min_interval,
            )
        )

    def watch_instance(self, id: str, *, min_interval: float = 0) -> Generator[Instance | None, None, None]:
        """Watch one instance."""
        yield from self._portal.iterate(self._client.watch_instance(id, min_interval=min_interval))

    def tail_mcp_events(
        self, instance_id: str | None = None, after_id: int = 0, *, min_interval: float = 0
    ) -> Generator[McpEvent, None, None]:
        """Yield the events after `after_id`, of one instance or of all, one by one, without end: no gap, no repeat.

        Raises InstanceNotFoundError, also when the one instance is deleted meanwhile.
        """
        yield from self._portal.iterate(
            self._client.tail_mcp_events(instance_id, after_id, min_interval=min_interval), AHEAD
        )

    def watch_relationships(
        self, instance_id: str | None = None, *, min_interval: float = 0
    ) -> Generator[list[Relationship], None, None]:
        """Watch the relationships of one instance, as parent and as child, or all, by id."""
        yield from self._portal.iterate(self._client.watch_relationships(instance_id, min_interval=min_interval))

    def watch_github_issues(
        self, repo_owner: str, repo_name: str, state: str = "", *, min_interval: float = 0
    ) -> Generator[list[GitHubIssue], None, None]:
        """Watch the issues of a repository, by number: `open` or `closed` ones, or all."""
        yield from self._portal.iterate(
            self._client.watch_github_issues(repo_owner, repo_name, state, min_interval=min_interval)
        )

    def watch_config(self, key: str, *, min_interval: float = 0) -> Generator[ConfigEntry | None, None, None]:
        """Watch one setting; one that is encrypted comes without its value: ask for it with `get_config`."""
        yield from self._portal.iterate(self._client.watch_config(key, min_interval=min_interval))
