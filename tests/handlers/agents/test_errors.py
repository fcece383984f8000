"""Each of the 18 error conditions has its reason, tells what is at fault, and changes nothing."""

from typing import Any

import grpc
import pytest
from sqlalchemy.exc import DBAPIError

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.common.v1.position_pb2 import StreamOptions
from millstream_service.errors import MigrationFailedError, StoreUnavailableError
from millstream_service.security.keys import Secret
from millstream_service.store.database.database import Database
from tests.handlers.agents.entities import (
    FORK,
    STARTED,
    TERMINATED,
    change_status,
    create,
    event,
    ids,
    instance,
    issue,
    log,
    relate,
    relationship,
)
from tests.handlers.agents.other_programs import run_beside
from tests.refusal import Refusal, refused
from tests.running import running
from tests.stubs import Agents


def is_missing(refusal: Refusal, reason: str, key: str) -> bool:
    named = refusal.resource is not None and refusal.resource[1] == key
    return (refusal.code, refusal.reason, refusal.metadata) == ("NOT_FOUND", reason, {"id": key}) and named


async def test_validation_failed(agents: Agents) -> None:
    bad = {
        "instance.id": instance("tab\t"),
        "instance.process_id": instance(process_id=-1),
        "instance.status": instance(status=99),
        "instance.terminated_at": instance(terminated_at={"seconds": 2**31}),
        "instance.branch_name": instance(branch_name="x" * 1025),
    }
    for field, one in bad.items():
        refusal = await refused(agents.CreateInstance(pb.CreateInstanceRequest(instance=one)))
        assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "VALIDATION_FAILED", (field,))
    assert await ids(agents) == []


async def test_validation_failed_for_a_cycle(agents: Agents) -> None:
    await create(agents, *(instance(key) for key in "abc"))
    await relate(agents, relationship("a", "b"))
    await relate(agents, relationship("b", "c", type=FORK))
    for parent, child in ("ca", "ba", "aa"):
        request = pb.CreateRelationshipRequest(relationship=relationship(parent, child))
        refusal = await refused(agents.CreateRelationship(request))
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("relationship.child_instance",))


async def test_validation_failed_for_an_ancestor_of_itself(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b", parent_instance_id="a"))
    for key in "ab":
        mask = {"paths": ["parent_instance_id"]}
        request = pb.UpdateInstanceRequest(instance=instance("a", parent_instance_id=key), update_mask=mask)
        refusal = await refused(agents.UpdateInstance(request))
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("instance.parent_instance_id",))


async def test_invalid_update_mask(agents: Agents) -> None:
    await create(agents, instance())
    for path in ("id", "status", "created_at", "last_activity", "agent_number", "nonsense"):
        request = pb.UpdateInstanceRequest(instance=instance(), update_mask={"paths": ["branch_name", path]})
        refusal = await refused(agents.UpdateInstance(request))
        assert (refusal.reason, refusal.metadata["path"]) == ("INVALID_UPDATE_MASK", path)


async def test_invalid_page_token(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    page = await agents.ListInstances(pb.ListInstancesRequest(page_size=1))
    other = pb.ListInstancesRequest(order_by="last_activity", page_token=page.next_page_token)
    assert (await refused(agents.ListInstances(other))).reason == "INVALID_PAGE_TOKEN"


async def test_invalid_resume_token(agents: Agents) -> None:
    options = StreamOptions(resume_token=b"nonsense")
    for stream in (
        agents.StreamInstances(pb.StreamInstancesRequest(options=options)),
        agents.StreamMcpEvents(pb.StreamMcpEventsRequest(options=options)),
    ):
        assert (await refused(stream)).reason == "INVALID_RESUME_TOKEN"


async def test_instance_not_found(agents: Agents) -> None:
    for call in (
        agents.GetInstance(pb.GetInstanceRequest(id="x")),
        agents.DeleteInstance(pb.DeleteInstanceRequest(id="x")),
        agents.UpdateInstance(pb.UpdateInstanceRequest(instance=instance("x"))),
        agents.UpdateInstanceStatus(pb.UpdateInstanceStatusRequest(id="x", status=TERMINATED)),
        agents.LogMcpEvent(pb.LogMcpEventRequest(mcp_event=event("x"))),
        agents.ListMcpEvents(pb.ListMcpEventsRequest(instance_id="x")),
        agents.StreamMcpEvents(pb.StreamMcpEventsRequest(instance_id="x")),
    ):
        assert is_missing(await refused(call), "INSTANCE_NOT_FOUND", "x")


async def test_parent_instance_not_found(agents: Agents) -> None:
    await create(agents, instance("child"))
    stray = instance("child", parent_instance_id="x")
    for call in (
        agents.CreateInstance(pb.CreateInstanceRequest(instance=instance("a", parent_instance_id="x"))),
        agents.UpdateInstance(pb.UpdateInstanceRequest(instance=stray)),
        agents.CreateRelationship(pb.CreateRelationshipRequest(relationship=relationship("x", "child"))),
    ):
        assert is_missing(await refused(call), "PARENT_INSTANCE_NOT_FOUND", "x")
    assert await ids(agents) == ["child"]


async def test_child_instance_not_found(agents: Agents) -> None:
    await create(agents, instance("parent"))
    request = pb.CreateRelationshipRequest(relationship=relationship("parent", "x"))
    assert is_missing(await refused(agents.CreateRelationship(request)), "CHILD_INSTANCE_NOT_FOUND", "x")


async def test_relationship_not_found(agents: Agents) -> None:
    request = pb.UpdateRelationshipRequest(relationship=relationship(id=17, review_iteration=1))
    assert is_missing(await refused(agents.UpdateRelationship(request)), "RELATIONSHIP_NOT_FOUND", "17")


async def test_github_issue_not_found(agents: Agents) -> None:
    request = pb.GetGitHubIssueRequest(repo_owner="octocat", repo_name="hello", number=17)
    assert is_missing(await refused(agents.GetGitHubIssue(request)), "GITHUB_ISSUE_NOT_FOUND", "octocat/hello#17")


async def test_config_not_found(agents: Agents) -> None:
    for call in (
        agents.GetConfig(pb.GetConfigRequest(key="x")),
        agents.DeleteConfig(pb.DeleteConfigRequest(key="x")),
    ):
        assert is_missing(await refused(call), "CONFIG_NOT_FOUND", "x")


async def test_instance_exists(agents: Agents) -> None:
    await create(agents, instance("a", issue_number=1, agent_number=2))
    for again in (instance("a"), instance("b", issue_number=1, agent_number=2)):
        refusal = await refused(agents.CreateInstance(pb.CreateInstanceRequest(instance=again)))
        assert (refusal.code, refusal.reason, refusal.metadata) == ("ALREADY_EXISTS", "INSTANCE_EXISTS", {"id": "a"})


async def test_relationship_exists(agents: Agents) -> None:
    await create(agents, instance("parent"), instance("child"))
    await relate(agents, relationship())
    await relate(agents, relationship(type=FORK))
    request = pb.CreateRelationshipRequest(relationship=relationship())
    refusal = await refused(agents.CreateRelationship(request))
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "RELATIONSHIP_EXISTS")
    assert refusal.metadata == {"id": "parent child SPAWNED_REVIEW"}


async def test_invalid_status_transition(agents: Agents) -> None:
    await create(agents, instance())
    await change_status(agents, "work-1-a1", TERMINATED)
    refusal = await refused(change_status(agents, "work-1-a1", STARTED))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "INVALID_STATUS_TRANSITION")
    assert refusal.metadata == {"id": "work-1-a1", "from": "TERMINATED", "to": "STARTED"}


async def test_review_limit_reached(agents: Agents) -> None:
    await create(agents, *(instance(key) for key in ("parent", "a", "b", "c", "d")))
    rounds = [(await relate(agents, relationship(child=key))).review_iteration for key in "abc"]
    assert rounds == [1, 2, 3]
    request = pb.CreateRelationshipRequest(relationship=relationship(child="d"))
    refusal = await refused(agents.CreateRelationship(request))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "REVIEW_LIMIT_REACHED")
    assert refusal.metadata == {"parent_instance": "parent", "limit": "3"}
    late = pb.UpdateRelationshipRequest(relationship=relationship(id=1, review_iteration=4))
    assert (await refused(agents.UpdateRelationship(late))).reason == "REVIEW_LIMIT_REACHED"


async def test_the_limit_of_reviews_is_a_setting(database_url: str) -> None:
    async with (
        running(database_url, max_review_rounds=1) as service,
        grpc.aio.insecure_channel(service.address) as channel,
    ):
        agents = AgentServiceStub(channel)
        await create(agents, instance("parent"), instance("a"), instance("b"))
        await relate(agents, relationship(child="a"))
        request = pb.CreateRelationshipRequest(relationship=relationship(child="b"))
        assert (await refused(agents.CreateRelationship(request))).metadata["limit"] == "1"


async def test_a_secret_is_not_replaced_in_the_clear_by_mistake(database_url: str) -> None:
    secret = Secret("a passphrase that is long enough", "a test")
    async with (
        running(database_url, secret=secret, secrets_over_tcp=True) as service,
        grpc.aio.insecure_channel(service.address) as channel,
    ):
        agents = AgentServiceStub(channel)
        await agents.SetConfig(pb.SetConfigRequest(key="token", value="secret", encrypted=True))
        refusal = await refused(agents.SetConfig(pb.SetConfigRequest(key="token", value="open")))
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
        assert refusal.metadata["field"] == "encrypted"
        assert (await agents.GetConfig(pb.GetConfigRequest(key="token"))).config_entry.value == "secret"
        await agents.SetConfig(pb.SetConfigRequest(key="token", value="another", encrypted=True))
        await agents.SetConfig(pb.SetConfigRequest(key="token", value="open", allow_plaintext=True))
        entry = (await agents.GetConfig(pb.GetConfigRequest(key="token"))).config_entry
        assert (entry.value, entry.encrypted) == ("open", False)
        await agents.SetConfig(pb.SetConfigRequest(key="token", value="in the open again"))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
async def test_a_number_that_json_does_not_have_is_refused(agents: Agents, number: float) -> None:
    await create(agents, instance("parent"), instance("child"))
    logged, related = event("parent"), relationship("parent", "child")
    metadata: dict[str, Any] = {"a": {"b": [1, {"c": number}]}}
    logged.metadata.update(metadata)
    related.metadata.update(metadata)
    for call, noun in (
        (agents.LogMcpEvent(pb.LogMcpEventRequest(mcp_event=logged)), "mcp_event"),
        (agents.CreateRelationship(pb.CreateRelationshipRequest(relationship=related)), "relationship"),
    ):
        refusal = await refused(call)
        assert (refusal.reason, refusal.metadata["field"]) == ("VALIDATION_FAILED", f"{noun}.metadata.a.b[1].c")


async def test_encryption_key_missing(agents: Agents) -> None:
    request = pb.SetConfigRequest(key="github.token", value="ghp_very_secret", encrypted=True)
    refusal = await refused(agents.SetConfig(request))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "ENCRYPTION_KEY_MISSING")
    assert "ghp" not in refusal.message
    assert (await refused(agents.GetConfig(pb.GetConfigRequest(key="github.token")))).reason == "CONFIG_NOT_FOUND"


@pytest.mark.parametrize(
    "url", ["sqlite:////proc/no/such/folder/millstream.sqlite3", "postgresql+psycopg://127.0.0.1:1/millstream"]
)
def test_store_unavailable(url: str) -> None:
    with pytest.raises(StoreUnavailableError):
        Database(url).open()


async def test_query_failed(lasting_url: str) -> None:
    async with running(lasting_url) as service, grpc.aio.insecure_channel(service.address) as channel:
        agents = AgentServiceStub(channel)
        await create(agents, instance())
        run_beside(lasting_url, "DROP TABLE mcp_events")
        for call in (log(agents, event()), agents.ListRecentMcpEvents(pb.ListRecentMcpEventsRequest())):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == ("INTERNAL", "QUERY_FAILED")
            assert "mcp_events" not in refusal.message


def test_migration_failed(lasting_url: str) -> None:
    Database(lasting_url).open().close()
    run_beside(lasting_url, "DROP TABLE relationships", "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(MigrationFailedError):  # there are tables that it is to make
        Database(lasting_url).open()
    assert [*run_beside(lasting_url, "SELECT version_num FROM alembic_version")] == [("0001",)]
    with pytest.raises(DBAPIError):
        run_beside(lasting_url, "SELECT 1 FROM relationships")


async def test_a_sync_that_is_too_long(agents: Agents) -> None:
    request = pb.SyncGitHubIssuesRequest(github_issues=[issue(n) for n in range(1, 1002)])
    assert (await refused(agents.SyncGitHubIssues(request))).reason == "LIST_TOO_LARGE"
