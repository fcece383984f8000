"""Agents' entities to store, each with nothing but what it needs, and calls that many tests make."""

from typing import Any

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship, RelationshipType
from tests.deadline import within
from tests.entities import at
from tests.stubs import Agents

STARTED, WAITING, CREATED, MERGED, CLOSED, TERMINATED = (
    InstanceStatus.INSTANCE_STATUS_STARTED,
    InstanceStatus.INSTANCE_STATUS_WAITING_REVIEW,
    InstanceStatus.INSTANCE_STATUS_PR_CREATED,
    InstanceStatus.INSTANCE_STATUS_PR_MERGED,
    InstanceStatus.INSTANCE_STATUS_PR_CLOSED,
    InstanceStatus.INSTANCE_STATUS_TERMINATED,
)
ALLOWED = {
    (STARTED, WAITING), (STARTED, CREATED), (STARTED, TERMINATED),
    (WAITING, STARTED), (WAITING, CREATED), (WAITING, TERMINATED),
    (CREATED, WAITING), (CREATED, MERGED), (CREATED, CLOSED), (CREATED, TERMINATED),
    (MERGED, TERMINATED), (CLOSED, TERMINATED),
}  # fmt: skip
"""What status may follow which."""
REVIEW = RelationshipType.RELATIONSHIP_TYPE_SPAWNED_REVIEW
FORK = RelationshipType.RELATIONSHIP_TYPE_CREATED_FORK


def _with(fields: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return defaults | fields


def instance(key: str = "work-1-a1", **fields: Any) -> Instance:
    return Instance(**_with(fields, {"id": key, "created_at": at(0)}))


def event(instance_id: str = "work-1-a1", **fields: Any) -> McpEvent:
    return McpEvent(**_with(fields, {"instance_id": instance_id, "tool_name": "edit", "success": True}))


def relationship(parent: str = "parent", child: str = "child", **fields: Any) -> Relationship:
    return Relationship(**_with(fields, {"parent_instance": parent, "child_instance": child, "type": REVIEW}))


def issue(number: int = 17, **fields: Any) -> GitHubIssue:
    defaults = {"repo_owner": "octocat", "repo_name": "hello", "title": "A bug", "updated_at": at(0)}
    return GitHubIssue(number=number, **_with(fields, defaults))


async def create(agents: Agents, *instances: Instance) -> None:
    for one in instances:
        await agents.CreateInstance(pb.CreateInstanceRequest(instance=one))


async def get(agents: Agents, key: str) -> Instance:
    return (await agents.GetInstance(pb.GetInstanceRequest(id=key))).instance


async def log(agents: Agents, one: McpEvent) -> McpEvent:
    return (await agents.LogMcpEvent(pb.LogMcpEventRequest(mcp_event=one))).mcp_event


async def relate(agents: Agents, one: Relationship) -> Relationship:
    answer = await agents.CreateRelationship(pb.CreateRelationshipRequest(relationship=one))
    return answer.relationship


async def change_status(agents: Agents, key: str, status: InstanceStatus) -> pb.UpdateInstanceStatusResponse:
    return await agents.UpdateInstanceStatus(pb.UpdateInstanceStatusRequest(id=key, status=status))


async def ids(agents: Agents, **fields: Any) -> list[str]:
    """Return the ids that ListInstances gives, page by page."""
    found: list[str] = []
    token = ""
    while True:
        request = pb.ListInstancesRequest(**_with(fields, {"page_size": 2, "page_token": token}))
        answer = await agents.ListInstances(request)
        found += [one.id for one in answer.instances]
        token = answer.next_page_token
        if not token:
            return found


async def next_of(stream: Any) -> Any:
    """Return the next message of a stream."""
    return await within(stream.read())
