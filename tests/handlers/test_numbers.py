"""Numbers have bounds at the door, counting on never leaves them, and what can't be answered is not stored."""

import pytest

from millstream.agents.v1 import agent_service_pb2 as agents_pb
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_pb2 import Build
from millstream_service.handlers.builds import writes
from millstream_service.names import MAX_NUMBER, MAX_SMALL_NUMBER
from millstream_service.server import Service
from tests.entities import add_build, at, build, entry
from tests.handlers.agents.entities import instance
from tests.handlers.store_dump import Opened, opened
from tests.refusal import refused
from tests.stubs import Agents, Backend

pytestmark = pytest.mark.dialects

__all__ = ["opened"]


@pytest.mark.parametrize("number", [MAX_SMALL_NUMBER + 1, 2**31 - 1, -1])
async def test_an_agents_number_leaves_room_for_the_next(agents: Agents, number: int) -> None:
    request = agents_pb.CreateInstanceRequest(instance=instance("", issue_number=1, agent_number=number))
    refusal = await refused(agents.CreateInstance(request))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("instance.agent_number",))


async def test_after_the_last_number_of_an_issue_one_must_be_given(agents: Agents) -> None:
    last = agents_pb.CreateInstanceRequest(instance=instance("", issue_number=1, agent_number=MAX_SMALL_NUMBER))
    await agents.CreateInstance(last)
    following = agents_pb.CreateInstanceRequest(instance=instance("", issue_number=1))
    refusal = await refused(agents.CreateInstance(following))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("instance.agent_number",))
    listed = (await agents.ListInstances(agents_pb.ListInstancesRequest())).instances
    assert [one.agent_number for one in listed] == [MAX_SMALL_NUMBER]
    following.instance.agent_number = 7
    assert (await agents.CreateInstance(following)).instance.agent_number == 7


def _with(field: str, number: int, key: str = "other") -> Build:
    made = build(key)
    setattr(made, field, number)
    return made


@pytest.mark.parametrize("field", ["build_number", "memory"])
@pytest.mark.parametrize("number", [MAX_NUMBER + 1, 2**63 - 1, -1])
async def test_so_does_a_builds(stub: Backend, field: str, number: int) -> None:
    await add_build(stub)
    refusal = await refused(stub.CreateBuild(pb.CreateBuildRequest(build=_with(field, number))))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (f"build.{field}",))
    update = pb.UpdateBuildRequest(build=_with(field, number, "build"), update_mask={"paths": [field]})
    assert (await refused(stub.UpdateBuild(update))).fields == (f"build.{field}",)


@pytest.mark.parametrize("first", [MAX_NUMBER + 1, 2**63 - 1, 0, -1])
async def test_so_does_the_count_of_entries(stub: Backend, first: int) -> None:
    await add_build(stub)
    batch = pb.AppendBuildLogsRequest(build_id="build", writer_id="w", first_entry=first, entries=[entry("x")] * 3)
    refusal = await refused(stub.AppendBuildLogs(iter([batch])))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("first_entry",))


@pytest.mark.parametrize("seconds", [-9_214_560_001, 9_214_646_400, 9_223_372_036])
async def test_a_time_is_within_its_years(stub: Backend, seconds: int) -> None:
    await add_build(stub)
    request = pb.CreateBuildRequest(build=build("other", created_at={"seconds": seconds}))
    assert (await refused(stub.CreateBuild(request))).fields == ("build.created_at",)


@pytest.mark.parametrize("seconds", [-9_214_560_000, 9_214_646_399])
async def test_the_first_and_the_last_time_may_be_stored(stub: Backend, seconds: int) -> None:
    await add_build(stub)
    given = build("other", created_at=at(0))
    given.created_at.seconds = seconds
    assert (await stub.CreateBuild(pb.CreateBuildRequest(build=given))).build.created_at == given.created_at


async def test_what_can_not_be_answered_is_not_stored(
    opened: Opened, service: Service, stub: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service
    await add_build(stub)
    before = await opened.dump()

    def fail(_row: object) -> None:
        raise OverflowError("the answer can't be made")

    monkeypatch.setattr(writes, "build_to_message", fail)
    assert (await refused(stub.CreateBuild(pb.CreateBuildRequest(build=build("other"))))).code == "INTERNAL"
    assert (await refused(stub.UpdateBuild(pb.UpdateBuildRequest(build=build(progress=0.5))))).code == "INTERNAL"
    assert await opened.dump() == before
