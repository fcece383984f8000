"""Each of the 24 operations that the agents' users had before does what it did, on every engine.

The tests have the names of the operations, of which some are RPCs, some the lists with other filters, and some what a
service, its health check or its database does. Long, since they are together in one file, in the order of old.
"""

from itertools import product
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.agents.v1.instance_pb2 import Instance, InstanceType
from millstream_service.server import Service
from millstream_service.store.upkeep.check import check
from tests.entities import at
from tests.handlers.agents.entities import (
    CLOSED,
    STARTED,
    TERMINATED,
    WAITING,
    change_status,
    create,
    event,
    get,
    ids,
    instance,
    issue,
    log,
    next_of,
    relate,
    relationship,
)
from tests.handlers.agents.other_programs import back_up, run_beside
from tests.refusal import refused
from tests.running import running
from tests.stubs import Agents

REVIEWER = InstanceType.INSTANCE_TYPE_REVIEW


async def test_connect(agents: Agents) -> None:
    assert await ids(agents) == []


async def test_disconnect(lasting_url: str) -> None:
    async with running(lasting_url) as service, grpc.aio.insecure_channel(service.address) as channel:
        await create(AgentServiceStub(channel), instance())
    async with running(lasting_url) as service, grpc.aio.insecure_channel(service.address) as channel:
        assert await ids(AgentServiceStub(channel)) == ["work-1-a1"]


async def test_is_connected(service: Service, channel: grpc.aio.Channel) -> None:
    request = HealthCheckRequest(service="millstream.agents.v1.AgentService")
    stub: Any = HealthStub(channel)
    answer = await stub.Check(request)
    assert answer.status == HealthCheckResponse.SERVING


async def test_create_instance(agents: Agents) -> None:
    whole = instance(
        "mine",
        type=REVIEWER,
        worktree_path="/src/tree",
        branch_name="fix",
        base_branch="main",
        tmux_session="fix-1",
        process_id=4711,
        issue_number=2**40,
        pr_number=9,
        pr_url="https://example.com/9",
        system_prompt="Be brief.",
        agent_number=7,
    )
    answer = await agents.CreateInstance(pb.CreateInstanceRequest(instance=whole))
    whole.status = STARTED
    whole.last_activity.CopyFrom(whole.created_at)
    assert answer.instance == whole == await get(agents, "mine")


async def test_update_instance(agents: Agents) -> None:
    await create(agents, instance(branch_name="a", pr_url="x"), instance("other"))
    before = await get(agents, "work-1-a1")
    news = Instance(id="work-1-a1", branch_name="b", parent_instance_id="other", status=TERMINATED)
    request = pb.UpdateInstanceRequest(instance=news, update_mask={"paths": ["branch_name"]})
    before.branch_name = "b"
    assert (await agents.UpdateInstance(request)).instance == before
    all_of_it = (await agents.UpdateInstance(pb.UpdateInstanceRequest(instance=news))).instance
    before.parent_instance_id = "other"
    before.pr_url = ""
    assert all_of_it == before == await get(agents, "work-1-a1")


async def test_update_instance_status(agents: Agents) -> None:
    await create(agents, instance())
    answer = await change_status(agents, "work-1-a1", WAITING)
    assert (answer.instance.status, answer.mcp_event.status_change) == (WAITING, WAITING)
    assert await get(agents, "work-1-a1") == answer.instance
    events = await agents.ListMcpEvents(pb.ListMcpEventsRequest(instance_id="work-1-a1"))
    assert list(events.mcp_events) == [answer.mcp_event]


async def test_get_instance(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    assert (await get(agents, "b")).id == "b"


async def test_list_instances(agents: Agents) -> None:
    await create(
        agents,
        instance("a", created_at=at(3), type=REVIEWER, issue_number=1),
        instance("b", created_at=at(1), last_activity=at(9), issue_number=1, parent_instance_id="a"),
        instance("c", created_at=at(1), status=TERMINATED, terminated_at=at(8), issue_number=2),
        instance("d", created_at=at(2), status=TERMINATED, terminated_at=at(5), parent_instance_id="a"),
        instance("e", created_at=at(4), status=CLOSED, issue_number=1, type=REVIEWER, parent_instance_id="b"),
    )
    filters: list[tuple[str, dict[str, Any]]] = [
        ("abcde", {}),
        ("ae", {"types": [REVIEWER]}),
        ("abcd", {"statuses": [TERMINATED, STARTED]}),
        ("a", {"types": [REVIEWER], "statuses": [STARTED]}),
        ("abe", {"issue_number": 1}),
        ("d", {"issue_number": 0}),
        ("bd", {"parent_instance": "a"}),
        ("ac", {"parent_instance": ""}),
        ("b", {"issue_number": 1, "parent_instance": "a", "statuses": [STARTED]}),
        ("", {"parent_instance": "nobody"}),
    ]
    orders = {"created_at": "bcdae", "last_activity": "cdaeb", "terminated_at": "dcabe"}
    for (order, ordered), descending, (those, wanted) in product(orders.items(), (False, True), filters):
        found = await ids(agents, order_by=order, descending=descending, **wanted)
        listed = [key for key in ordered if key in those]
        assert found == (listed[::-1] if descending else listed), (order, descending, wanted)


async def test_delete_instance(agents: Agents) -> None:
    await create(agents, instance("parent"), instance("child", parent_instance_id="parent"), instance("other"))
    await log(agents, event("parent"))
    kept = await log(agents, event("child"))
    await relate(agents, relationship())
    await relate(agents, relationship("other", "parent"))
    stays = await relate(agents, relationship("other", "child"))
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="parent"))
    assert (await get(agents, "child")).parent_instance_id == ""
    found = await agents.ListRecentMcpEvents(pb.ListRecentMcpEventsRequest())
    assert list(found.mcp_events) == [kept]
    related = await agents.ListRelationships(pb.ListRelationshipsRequest(instance_id="other"))
    assert list(related.relationships) == [stays]


async def test_log_mcp_event(agents: Agents) -> None:
    await create(agents, instance())
    metadata = Struct()
    metadata.update({"files": ["a", "b"], "n": 1.5, "deep": {"nothing": None, "yes": True}})
    whole = event(
        success=False, error_message="no", metadata=metadata, git_commit_hash="abc", timestamp=at(5),
        status_change=WAITING, is_status_updating=True,
    )  # fmt: skip
    stored = await log(agents, whole)
    assert stored.id == 1
    whole.id = 1
    assert stored == whole
    touched = await get(agents, "work-1-a1")
    assert (touched.last_activity, touched.status) == (at(5), STARTED)


async def test_get_mcp_events(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    logged = [await log(agents, event(key)) for key in "abaabb"]
    mine = [one for one in reversed(logged) if one.instance_id == "a"]
    first = await agents.ListMcpEvents(pb.ListMcpEventsRequest(instance_id="a", limit=2))
    assert list(first.mcp_events) == mine[:2]
    request = pb.ListMcpEventsRequest(instance_id="a", limit=2, page_token=first.next_page_token)
    second = await agents.ListMcpEvents(request)
    assert (list(second.mcp_events), second.next_page_token) == (mine[2:], "")


async def test_get_mcp_events_gives_a_hundred(agents: Agents) -> None:
    await create(agents, instance())
    for _ in range(101):
        await log(agents, event())
    found = await agents.ListMcpEvents(pb.ListMcpEventsRequest(instance_id="work-1-a1"))
    assert (len(found.mcp_events), found.mcp_events[0].id, bool(found.next_page_token)) == (100, 101, True)


async def test_get_recent_mcp_events(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    times = {"a": (1, 4, 2), "b": (4, 3)}
    for key, seconds in times.items():
        for second in seconds:
            await log(agents, event(key, timestamp=at(second)))
    found: list[int] = []
    request = pb.ListRecentMcpEventsRequest(since=at(2), limit=2)
    while True:
        answer = await agents.ListRecentMcpEvents(request)
        found += [one.id for one in answer.mcp_events]
        request.page_token = answer.next_page_token
        if not request.page_token:
            break
    assert found == [4, 2, 5, 3]


async def test_create_relationship(agents: Agents) -> None:
    await create(agents, instance("parent"), instance("child"))
    metadata = Struct()
    metadata.update({"why": "asked"})
    whole = relationship(metadata=metadata, created_at=at(1))
    stored = await relate(agents, whole)
    whole.id, whole.review_iteration = 1, 1
    assert stored == whole


async def test_get_relationships(agents: Agents) -> None:
    await create(agents, *(instance(key) for key in "abcd"))
    first, second = await relate(agents, relationship("a", "b")), await relate(agents, relationship("b", "c"))
    await relate(agents, relationship("a", "d"))
    page = await agents.ListRelationships(pb.ListRelationshipsRequest(instance_id="b", page_size=1))
    assert list(page.relationships) == [first]
    request = pb.ListRelationshipsRequest(instance_id="b", page_size=1, page_token=page.next_page_token)
    page = await agents.ListRelationships(request)
    assert (list(page.relationships), page.next_page_token) == ([second], "")


async def test_update_relationship(agents: Agents) -> None:
    await create(agents, instance("parent"), instance("child"))
    stored = await relate(agents, relationship())
    stored.review_iteration = 3
    stored.metadata.update({"again": True})
    only = {"paths": ["review_iteration"]}
    answer = await agents.UpdateRelationship(pb.UpdateRelationshipRequest(relationship=stored, update_mask=only))
    assert (answer.relationship.review_iteration, answer.relationship.HasField("metadata")) == (3, False)
    assert (await agents.UpdateRelationship(pb.UpdateRelationshipRequest(relationship=stored))).relationship == stored


async def test_upsert_github_issue(agents: Agents) -> None:
    whole = issue(body="It breaks.", assignee="me", labels=["bug", "p1"], created_at=at(-5))
    new = (await agents.UpsertGitHubIssue(pb.UpsertGitHubIssueRequest(github_issue=whole))).github_issue
    whole.state = "open"
    whole.synced_at.CopyFrom(new.synced_at)
    assert new == whole
    later = issue(state="closed", updated_at=at(1))
    assert (await agents.UpsertGitHubIssue(pb.UpsertGitHubIssueRequest(github_issue=later))).github_issue.title
    earlier = issue(title="Old", updated_at=at(0))
    left = await agents.UpsertGitHubIssue(pb.UpsertGitHubIssueRequest(github_issue=earlier))
    assert (left.github_issue.title, left.github_issue.state) == ("A bug", "closed")


async def test_get_github_issue(agents: Agents) -> None:
    for name in ("hello", "world"):
        request = pb.UpsertGitHubIssueRequest(github_issue=issue(repo_name=name, title=name))
        await agents.UpsertGitHubIssue(request)
    key = pb.GetGitHubIssueRequest(repo_owner="octocat", repo_name="world", number=17)
    assert (await agents.GetGitHubIssue(key)).github_issue.title == "world"


async def test_sync_github_issues(agents: Agents) -> None:
    first = pb.SyncGitHubIssuesRequest(github_issues=[issue(n, updated_at=at(5)) for n in (1, 2, 3)])
    answer = await agents.SyncGitHubIssues(first)
    assert (answer.created, answer.updated, answer.unchanged) == (3, 0, 0)
    again = [issue(1, updated_at=at(5)), issue(2, updated_at=at(4), title="old"), issue(3, updated_at=at(6)), issue(4)]
    answer = await agents.SyncGitHubIssues(pb.SyncGitHubIssuesRequest(github_issues=again))
    assert (answer.created, answer.updated, answer.unchanged) == (1, 1, 2)
    key = pb.GetGitHubIssueRequest(repo_owner="octocat", repo_name="hello", number=2)
    assert (await agents.GetGitHubIssue(key)).github_issue.title == "A bug"
    bad = pb.SyncGitHubIssuesRequest(github_issues=[issue(5), issue(0)])
    assert (await refused(agents.SyncGitHubIssues(bad))).fields == ("github_issues[1].number",)
    key.number = 5
    assert (await refused(agents.GetGitHubIssue(key))).reason == "GITHUB_ISSUE_NOT_FOUND"


async def test_get_config(agents: Agents) -> None:
    await agents.SetConfig(pb.SetConfigRequest(key="branch", value="main"))
    entry = (await agents.GetConfig(pb.GetConfigRequest(key="branch"))).config_entry
    assert (entry.key, entry.value, entry.encrypted) == ("branch", "main", False)


async def test_set_config(agents: Agents) -> None:
    for value in ("main", "", "trunk"):
        answer = await agents.SetConfig(pb.SetConfigRequest(key="branch", value=value))
        assert answer.config_entry.value == value
    listed = await agents.ListConfig(pb.ListConfigRequest())
    assert [(one.key, one.value) for one in listed.config_entries] == [("branch", "trunk")]


async def test_delete_config(agents: Agents) -> None:
    await agents.SetConfig(pb.SetConfigRequest(key="branch", value="main"))
    await agents.DeleteConfig(pb.DeleteConfigRequest(key="branch"))
    assert (await refused(agents.GetConfig(pb.GetConfigRequest(key="branch")))).reason == "CONFIG_NOT_FOUND"


async def test_vacuum(lasting_url: str) -> None:
    """Either engine makes room by itself; it may also be asked to while a service runs."""
    async with running(lasting_url) as service, grpc.aio.insecure_channel(service.address) as channel:
        agents = AgentServiceStub(channel)
        await create(agents, instance("a"), instance("b"))
        await agents.DeleteInstance(pb.DeleteInstanceRequest(id="a"))
        run_beside(lasting_url, "VACUUM")
        await create(agents, instance("c"))
        assert await ids(agents) == ["b", "c"]
    assert check(lasting_url) == []


async def test_backup(lasting_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with running(lasting_url) as service, grpc.aio.insecure_channel(service.address) as channel:
        agents = AgentServiceStub(channel)
        await create(agents, instance())
        copy = back_up(lasting_url, tmp_path, lambda: request.getfixturevalue("postgres"))
        await agents.DeleteInstance(pb.DeleteInstanceRequest(id="work-1-a1"))
    async with running(copy) as service, grpc.aio.insecure_channel(service.address) as channel:
        assert await ids(AgentServiceStub(channel)) == ["work-1-a1"]


async def test_sync(lasting_url: str) -> None:
    """What one service writes another one on the same database shows to those who watch there."""
    async with (
        running(lasting_url) as one,
        running(lasting_url) as other,
        grpc.aio.insecure_channel(one.address) as here,
        grpc.aio.insecure_channel(other.address) as there,
    ):
        stream = AgentServiceStub(there).StreamInstances(pb.StreamInstancesRequest())
        assert not (await next_of(stream)).instances
        await create(AgentServiceStub(here), instance())
        assert [found.id for found in (await next_of(stream)).instances] == ["work-1-a1"]
        stream.cancel()
