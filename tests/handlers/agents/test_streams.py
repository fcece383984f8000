"""Every list and item of the agents can be watched, and the events' tail leaves nothing out."""

from typing import Any

import pytest

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.common.v1.position_pb2 import StreamOptions
from tests.entities import at
from tests.handlers.agents.entities import (
    STARTED,
    TERMINATED,
    change_status,
    create,
    event,
    instance,
    issue,
    log,
    next_of,
    relate,
    relationship,
)
from tests.refusal import refused
from tests.stubs import Agents


def names(message: pb.StreamInstancesResponse) -> list[str]:
    return [one.id for one in message.instances]


async def test_a_list_of_instances_follows_what_is_written(agents: Agents) -> None:
    request = pb.StreamInstancesRequest(statuses=[STARTED], order_by="last_activity", descending=True)
    stream = agents.StreamInstances(request)
    assert names(await next_of(stream)) == []
    await create(agents, instance("a"))
    assert names(await next_of(stream)) == ["a"]
    await create(agents, instance("b", last_activity=at(1)))
    assert names(await next_of(stream)) == ["b", "a"]
    await log(agents, event("a", timestamp=at(2)))
    assert names(await next_of(stream)) == ["a", "b"]
    await change_status(agents, "a", TERMINATED)
    assert names(await next_of(stream)) == ["b"]
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="b"))
    assert names(await next_of(stream)) == []
    stream.cancel()


async def test_children_are_watched_as_they_come_and_go(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"), instance("x", parent_instance_id="a"))
    stream = agents.StreamInstances(pb.StreamInstancesRequest(parent_instance="a", limit=1))
    assert names(await next_of(stream)) == ["x"]
    moved = instance("x", parent_instance_id="b")
    await agents.UpdateInstance(pb.UpdateInstanceRequest(instance=moved))
    assert names(await next_of(stream)) == []
    await agents.UpdateInstance(pb.UpdateInstanceRequest(instance=instance("x", parent_instance_id="a")))
    assert names(await next_of(stream)) == ["x"]
    stream.cancel()


async def test_a_long_list_comes_in_parts(agents: Agents) -> None:
    prompts = "x" * 250_000
    await create(agents, *(instance(f"{n:02}", system_prompt=prompts) for n in range(9)))
    stream = agents.StreamInstances(pb.StreamInstancesRequest())
    found: list[str] = []
    while True:
        message = await next_of(stream)
        assert message.ByteSize() < 2 << 20
        assert message.position.append == bool(found)
        found += names(message)
        if message.position.resume_token:
            break
    assert found == [f"{n:02}" for n in range(9)]
    stream.cancel()


async def test_a_token_stands_for_the_list(agents: Agents) -> None:
    await create(agents, instance("a"))
    stream = agents.StreamInstances(pb.StreamInstancesRequest())
    token = (await next_of(stream)).position.resume_token
    stream.cancel()
    options = StreamOptions(resume_token=token, append=True)
    stream = agents.StreamInstances(pb.StreamInstancesRequest(options=options))
    assert (await next_of(stream)).position.unchanged
    await create(agents, instance("b"))
    grown = await next_of(stream)
    assert (names(grown), grown.position.append) == (["b"], True)
    stream.cancel()


async def test_one_of_each_is_watched(agents: Agents) -> None:
    one = agents.StreamInstance(pb.StreamInstanceRequest(id="a"))
    setting = agents.StreamConfig(pb.StreamConfigRequest(key="branch"))
    assert not (await next_of(one)).HasField("instance")
    assert not (await next_of(setting)).HasField("config_entry")
    await create(agents, instance("a"))
    assert (await next_of(one)).instance.id == "a"
    await agents.SetConfig(pb.SetConfigRequest(key="branch", value="main"))
    assert (await next_of(setting)).config_entry.value == "main"
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="a"))
    assert not (await next_of(one)).HasField("instance")
    one.cancel()
    setting.cancel()


async def test_relationships_are_watched(agents: Agents) -> None:
    await create(agents, *(instance(key) for key in "abc"))
    mine = agents.StreamRelationships(pb.StreamRelationshipsRequest(instance_id="b"))
    everyone = agents.StreamRelationships(pb.StreamRelationshipsRequest())
    assert (list((await next_of(mine)).relationships), list((await next_of(everyone)).relationships)) == ([], [])
    first = await relate(agents, relationship("a", "b"))
    assert list((await next_of(mine)).relationships) == [first]
    assert list((await next_of(everyone)).relationships) == [first]
    second = await relate(agents, relationship("a", "c"))
    assert list((await next_of(everyone)).relationships) == [first, second]
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="a"))
    assert list((await next_of(mine)).relationships) == []
    assert list((await next_of(everyone)).relationships) == []
    mine.cancel()
    everyone.cancel()


async def test_issues_of_a_repository_are_watched(agents: Agents) -> None:
    request = pb.StreamGitHubIssuesRequest(repo_owner="octocat", repo_name="hello", state="open")
    stream = agents.StreamGitHubIssues(request)
    assert not (await next_of(stream)).github_issues
    issues = [issue(2), issue(1), issue(3, repo_name="world")]
    await agents.SyncGitHubIssues(pb.SyncGitHubIssuesRequest(github_issues=issues))
    assert [one.number for one in (await next_of(stream)).github_issues] == [1, 2]
    closed = issue(1, state="closed", updated_at=at(1))
    await agents.UpsertGitHubIssue(pb.UpsertGitHubIssueRequest(github_issue=closed))
    assert [one.number for one in (await next_of(stream)).github_issues] == [2]
    stream.cancel()


async def events_of(stream: Any, count: int) -> list[int]:
    """Read so many events' ids, in however many messages."""
    found: list[int] = []
    while len(found) < count:
        message = await next_of(stream)
        found += [one.id for one in message.mcp_events]
        assert message.last_id >= found[-1]
    return found


@pytest.mark.parametrize(
    "options", [None, StreamOptions(min_interval={"nanos": 1_000_000})], ids=["at once", "gathered"]
)
async def test_the_tail_has_every_event_once_in_order(agents: Agents, options: StreamOptions | None) -> None:
    await create(agents, instance("a"), instance("b"))
    for key in "abab":
        await log(agents, event(key))
    everyone = agents.StreamMcpEvents(pb.StreamMcpEventsRequest(options=options))
    mine = agents.StreamMcpEvents(pb.StreamMcpEventsRequest(instance_id="b", after_id=2, options=options))
    assert await events_of(everyone, 4) == [1, 2, 3, 4]
    assert await events_of(mine, 1) == [4]
    for key in "babb":
        await log(agents, event(key))
    assert await events_of(everyone, 4) == [5, 6, 7, 8]
    assert await events_of(mine, 3) == [5, 7, 8]
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="b"))
    assert (await refused(next_of(mine))).reason == "INSTANCE_NOT_FOUND"
    everyone.cancel()


async def test_large_events_come_in_several_messages(agents: Agents) -> None:
    await create(agents, instance())
    for _ in range(30):
        await log(agents, event(error_message="x" * 65_000))
    stream = agents.StreamMcpEvents(pb.StreamMcpEventsRequest())
    first = await next_of(stream)
    assert 1 < len(first.mcp_events) < 30
    assert first.last_id == first.mcp_events[-1].id
    assert await events_of(stream, 30 - len(first.mcp_events)) == list(range(first.last_id + 1, 31))
    stream.cancel()
