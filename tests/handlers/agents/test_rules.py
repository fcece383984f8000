"""What the agents' users rely on: transitions, numbers, times, and that none of it is left half done."""

import asyncio
from itertools import product
from pathlib import Path
from typing import Any

import grpc
import pytest

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus
from millstream.agents.v1.relationship_pb2 import RelationshipType
from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from millstream_service.security.keys import Secret
from millstream_service.store.agents.instances import TRANSITIONS, Status
from millstream_service.store.agents.relationships import Kind
from tests.entities import at
from tests.handlers.agents.entities import (
    ALLOWED,
    CLOSED,
    CREATED,
    MERGED,
    STARTED,
    TERMINATED,
    WAITING,
    change_status,
    create,
    event,
    get,
    ids,
    instance,
    log,
    next_of,
    relate,
    relationship,
)
from tests.refusal import refused
from tests.running import running
from tests.stubs import Agents, Changes

STATUSES = (STARTED, WAITING, CREATED, MERGED, CLOSED, TERMINATED)


async def test_a_status_changes_as_listed_and_not_otherwise(agents: Agents) -> None:
    for before, after in product(STATUSES, STATUSES):
        key = f"from-{before}-to-{after}"
        await create(agents, instance(key, status=before))
        if (before, after) in ALLOWED:
            assert (await change_status(agents, key, after)).instance.status == after
        else:
            assert (await refused(change_status(agents, key, after))).reason == "INVALID_STATUS_TRANSITION"
            assert (await get(agents, key)).status == before


def test_the_store_has_the_numbers_of_the_protos() -> None:
    assert {one.name: one.value for one in Status} == _names(InstanceStatus.items(), "INSTANCE_STATUS_")
    assert {one.name: one.value for one in Kind} == _names(RelationshipType.items(), "RELATIONSHIP_TYPE_")
    allowed = {(int(before), int(after)) for before, after in product(Status, Status) if after in TRANSITIONS[before]}
    assert allowed == {(int(before), int(after)) for before, after in ALLOWED}


def _names(items: list[tuple[str, int]], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): number for name, number in items if number}


async def test_a_change_of_status_is_one_commit(agents: Agents, changes: Changes) -> None:
    await create(agents, instance("parent"), instance(parent_instance_id="parent"))
    before = await get(agents, "work-1-a1")
    answer = await change_status(agents, "work-1-a1", TERMINATED)
    stored, logged = answer.instance, answer.mcp_event
    assert stored.last_activity == stored.terminated_at == logged.timestamp
    assert stored.last_activity.ToNanoseconds() > before.last_activity.ToNanoseconds()
    assert (logged.tool_name, logged.success, logged.is_status_updating) == ("", True, True)
    feed = changes.StreamChanges(StreamChangesRequest(after_revision=answer.revision - 1))
    commit = await next_of(feed)
    feed.cancel()
    reported = [(one.table, one.key, list(one.ancestors)) for one in commit.changes]
    assert reported == [("instances", "work-1-a1", ["parent"]), ("mcp_events", str(logged.id), ["work-1-a1"])]


async def test_only_the_end_sets_terminated_at(agents: Agents) -> None:
    await create(agents, instance())
    for status in (WAITING, CREATED, MERGED):
        assert not (await change_status(agents, "work-1-a1", status)).instance.HasField("terminated_at")
    assert (await change_status(agents, "work-1-a1", TERMINATED)).instance.HasField("terminated_at")


async def test_an_event_of_the_past_leaves_last_activity(agents: Agents) -> None:
    await create(agents, instance(last_activity=at(5)))
    await log(agents, event(timestamp=at(4)))
    assert (await get(agents, "work-1-a1")).last_activity == at(5)


async def test_numbers_and_ids_follow_each_other(agents: Agents) -> None:
    async def made(**fields: Any) -> tuple[str, int]:
        answer = await agents.CreateInstance(pb.CreateInstanceRequest(instance=Instance(**fields)))
        return answer.instance.id, answer.instance.agent_number

    assert await made(issue_number=123) == ("work-123-a1", 1)
    assert await made(issue_number=7, agent_number=4) == ("work-7-a4", 4)
    assert await made(issue_number=7) == ("work-7-a5", 5)
    assert await made(issue_number=123) == ("work-123-a2", 2)
    assert await made() == ("work-a1", 1)


async def test_numbers_are_unique_among_those_made_at_once(lasting_url: str) -> None:
    request = pb.CreateInstanceRequest(instance=Instance(issue_number=5))
    async with (
        running(lasting_url) as one,
        running(lasting_url) as other,
        grpc.aio.insecure_channel(one.address) as here,
        grpc.aio.insecure_channel(other.address) as there,
    ):
        stubs = [AgentServiceStub(here), AgentServiceStub(there)]
        made = await asyncio.gather(*(stub.CreateInstance(request) for stub in stubs for _ in range(20)))
    assert sorted(answer.instance.agent_number for answer in made) == list(range(1, 41))


async def test_an_id_is_never_given_again(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    await log(agents, event("b"))
    last = await log(agents, event("a"))
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="a"))
    assert (await log(agents, event("b"))).id == last.id + 1


async def test_several_reviews_may_share_a_round(agents: Agents) -> None:
    await create(agents, *(instance(key) for key in ("parent", *"abcde")))
    for key in "abcd":
        assert (await relate(agents, relationship(child=key, review_iteration=3))).review_iteration == 3
    request = pb.CreateRelationshipRequest(relationship=relationship(child="e"))
    assert (await refused(agents.CreateRelationship(request))).reason == "REVIEW_LIMIT_REACHED"


async def test_a_secret_is_told_to_who_asks_for_it_alone(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "ghp_canary"
    secret = Secret("a passphrase that is long enough", "a test")
    async with (
        running(database_url, listen=f"unix:{tmp_path}/socket", secret=secret) as service,
        grpc.aio.insecure_channel(service.address) as channel,
    ):
        agents = AgentServiceStub(channel)
        request = pb.SetConfigRequest(key="github.token", value=canary, encrypted=True)
        answer = await agents.SetConfig(request)
        assert (answer.config_entry.encrypted, answer.config_entry.value) == (True, "")
        listed = await agents.ListConfig(pb.ListConfigRequest())
        assert [(one.key, one.encrypted, one.value) for one in listed.config_entries] == [("github.token", True, "")]
        found = await agents.GetConfig(pb.GetConfigRequest(key="github.token"))
        assert found.config_entry.value == canary
        stream = agents.StreamConfig(pb.StreamConfigRequest(key="github.token"))
        shown = (await next_of(stream)).config_entry
        assert (shown.key, shown.encrypted, shown.value) == ("github.token", True, "")
        stream.cancel()
    assert canary not in caplog.text


async def test_deleted_instances_are_not_listed(agents: Agents) -> None:
    await create(agents, *(instance(key) for key in "abc"))
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="b"))
    assert await ids(agents) == ["a", "c"]
