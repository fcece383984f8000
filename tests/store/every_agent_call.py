"""Every RPC of AgentService, with requests that take each of its ways to the store, in an order that works."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.instance_pb2 import InstanceType
from tests.entities import at
from tests.handlers.agents.entities import FORK, STARTED, TERMINATED, WAITING, event, instance, issue, relationship
from tests.store.every_call import Call

Fields = dict[str, Any]
CODING, REVIEWER = InstanceType.INSTANCE_TYPE_CODING, InstanceType.INSTANCE_TYPE_REVIEW


def creations() -> Iterator[Call]:
    """Instances above each other, events, relationships, issues, settings."""
    for one in (
        instance("parent"),
        instance("child", parent_instance_id="parent", issue_number=5, agent_number=3),
        instance("", issue_number=5),
        instance("other", status=TERMINATED, type=REVIEWER),
    ):
        yield "CreateInstance", pb.CreateInstanceRequest(instance=one)
    for key in ("parent", "child", "parent"):
        yield "LogMcpEvent", pb.LogMcpEventRequest(mcp_event=event(key))
    yield "AppendMcpEvents", _batch("parent", 1)
    yield "AppendMcpEvents", _batch("child", 1)
    yield "AppendMcpEvents", _batch("child", 1)
    for one_of_two in (relationship(), relationship("parent", "other"), relationship("child", "other", type=FORK)):
        yield "CreateRelationship", pb.CreateRelationshipRequest(relationship=one_of_two)
    yield "UpsertGitHubIssue", pb.UpsertGitHubIssueRequest(github_issue=issue(1))
    issues = [issue(1, title="New", updated_at=at(1)), issue(2, state="closed")]
    yield "SyncGitHubIssues", pb.SyncGitHubIssuesRequest(github_issues=issues)
    for value in ("main", "trunk"):
        yield "SetConfig", pb.SetConfigRequest(key="branch", value=value)
    yield "SetConfig", pb.SetConfigRequest(key="other", value="x")


def _batch(instance_id: str, first: int) -> pb.AppendMcpEventsRequest:
    events = [event(instance_id, timestamp=at(1)), event(instance_id)]
    return pb.AppendMcpEventsRequest(instance_id=instance_id, writer_id="writer", first_entry=first, events=events)


def reads() -> Iterator[Call]:
    """Get and list, by every filter in every order, first pages and later ones."""
    yield "GetInstance", pb.GetInstanceRequest(id="parent")
    for fields in instance_lists():
        yield "ListInstances", pb.ListInstancesRequest(**fields, page_size=1)
    yield "ListMcpEvents", pb.ListMcpEventsRequest(instance_id="parent", limit=1)
    yield "ListRecentMcpEvents", pb.ListRecentMcpEventsRequest(since=at(0), limit=1)
    yield "ListRelationships", pb.ListRelationshipsRequest(instance_id="child", page_size=1)
    yield "GetGitHubIssue", pb.GetGitHubIssueRequest(repo_owner="octocat", repo_name="hello", number=1)
    yield "GetConfig", pb.GetConfigRequest(key="branch")
    yield "ListConfig", pb.ListConfigRequest(page_size=1)


def instance_lists() -> Iterator[Fields]:
    """Yield the fields of a list of instances, for each way to filter and to order."""
    orders = product(("created_at", "last_activity", "terminated_at"), (False, True))
    types: list[Fields] = [{}, {"types": [CODING]}, {"types": [CODING, REVIEWER]}]
    statuses: list[Fields] = [{}, {"statuses": [STARTED]}, {"statuses": [STARTED, WAITING]}]
    others: list[Fields] = [{}, {"issue_number": 5}, {"parent_instance": "parent"}, {"parent_instance": ""}]
    others.append({"issue_number": 5, "parent_instance": "parent"})
    for (order, descending), kind, status, other in product(orders, types, statuses, others):
        yield {"order_by": order, "descending": descending, **kind, **status, **other}


def streams() -> Iterator[Call]:
    """Each stream, of which the first message is enough: later ones read the same."""
    yield "StreamInstances", pb.StreamInstancesRequest(limit=2)
    yield "StreamInstances", pb.StreamInstancesRequest(statuses=[STARTED])
    yield "StreamInstance", pb.StreamInstanceRequest(id="parent")
    yield "StreamMcpEvents", pb.StreamMcpEventsRequest()
    yield "StreamMcpEvents", pb.StreamMcpEventsRequest(instance_id="parent", after_id=1)
    yield "StreamRelationships", pb.StreamRelationshipsRequest()
    yield "StreamRelationships", pb.StreamRelationshipsRequest(instance_id="child")
    yield "StreamGitHubIssues", pb.StreamGitHubIssuesRequest(repo_owner="octocat", repo_name="hello")
    yield "StreamGitHubIssues", pb.StreamGitHubIssuesRequest(repo_owner="octocat", repo_name="hello", state="open")
    yield "StreamConfig", pb.StreamConfigRequest(key="branch")


def updates() -> Iterator[Call]:
    """Values, statuses, parents."""
    yield "UpdateInstance", pb.UpdateInstanceRequest(instance=instance("other", parent_instance_id="child"))
    yield "UpdateInstanceStatus", pb.UpdateInstanceStatusRequest(id="child", status=WAITING)
    yield "UpdateRelationship", pb.UpdateRelationshipRequest(relationship=relationship(id=1, review_iteration=2))


def deletions() -> Iterator[Call]:
    """What can be deleted."""
    yield "DeleteInstance", pb.DeleteInstanceRequest(id="child")
    yield "DeleteInstance", pb.DeleteInstanceRequest(id="parent")
    yield "DeleteConfig", pb.DeleteConfigRequest(key="branch")
