"""Calls that watch and follow coding agents."""
# ruff: noqa: A002 - the protos call it `id`

from collections.abc import AsyncGenerator, Iterable

from millstream.agents.stub import AgentCalls
from millstream.agents.tail import EventCursor
from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus, InstanceType
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.streams.batches import one_by_one
from millstream.streams.query import growing, messages, one_message, options
from millstream.streams.tail import deliver


class AsyncAgentWatches(AgentCalls):
    """The streams. What `AsyncBuildWatches` says of its own holds for these, too."""

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
    ) -> AsyncGenerator[list[Instance], None]:
        """Watch the instances that `list_instances` would list; the first `limit` of them, or all for 0."""
        request = pb.StreamInstancesRequest(
            types=types,
            statuses=statuses,
            issue_number=issue_number,
            parent_instance=parent_instance,
            order_by=order_by,
            descending=descending,
            limit=limit,
            options=growing(min_interval),
        )
        query = messages(lambda: self._agents.StreamInstances, request, lambda message: message.instances)
        return self._watches.follow(query)

    def watch_instance(self, id: str, *, min_interval: float = 0) -> AsyncGenerator[Instance | None, None]:
        """Watch one instance."""
        query = one_message(
            lambda: self._agents.StreamInstance,
            pb.StreamInstanceRequest(id=id, options=options(min_interval)),
            _instance,
        )
        return self._watches.follow(query)

    def tail_mcp_events(
        self, instance_id: str | None = None, after_id: int = 0, *, min_interval: float = 0
    ) -> AsyncGenerator[McpEvent, None]:
        """Yield the events after `after_id`, of one instance or of all, one by one, without end: no gap, no repeat.

        Raises InstanceNotFoundError, also when the one instance is deleted meanwhile.
        """
        request = pb.StreamMcpEventsRequest(instance_id=instance_id, after_id=after_id, options=options(min_interval))
        events = deliver(self._connection, lambda: self._agents.StreamMcpEvents, request, EventCursor(request))
        return one_by_one(events)

    def watch_relationships(
        self, instance_id: str | None = None, *, min_interval: float = 0
    ) -> AsyncGenerator[list[Relationship], None]:
        """Watch the relationships of one instance, as parent and as child, or all, by id."""
        query = messages(
            lambda: self._agents.StreamRelationships,
            pb.StreamRelationshipsRequest(instance_id=instance_id, options=growing(min_interval)),
            lambda message: message.relationships,
        )
        return self._watches.follow(query)

    def watch_github_issues(
        self, repo_owner: str, repo_name: str, state: str = "", *, min_interval: float = 0
    ) -> AsyncGenerator[list[GitHubIssue], None]:
        """Watch the issues of a repository, by number: `open` or `closed` ones, or all."""
        request = pb.StreamGitHubIssuesRequest(
            repo_owner=repo_owner, repo_name=repo_name, state=state, options=growing(min_interval)
        )
        query = messages(lambda: self._agents.StreamGitHubIssues, request, lambda message: message.github_issues)
        return self._watches.follow(query)

    def watch_config(self, key: str, *, min_interval: float = 0) -> AsyncGenerator[ConfigEntry | None, None]:
        """Watch one setting; one that is encrypted comes without its value: ask for it with `get_config`."""
        query = one_message(
            lambda: self._agents.StreamConfig,
            pb.StreamConfigRequest(key=key, options=options(min_interval)),
            _config_entry,
        )
        return self._watches.follow(query)


def _instance(message: pb.StreamInstanceResponse) -> Instance | None:
    return message.instance if message.HasField("instance") else None


def _config_entry(message: pb.StreamConfigResponse) -> ConfigEntry | None:
    return message.config_entry if message.HasField("config_entry") else None
