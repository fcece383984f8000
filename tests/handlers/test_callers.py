"""Who calls: what two callers share, and what holds for one of them alone."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream.agents.v1 import agent_service_pb2 as agents_pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1 import change_service_pb2 as changes_pb
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream.common.v1.position_pb2 import StreamOptions
from millstream.common.v1.watch_service_pb2 import WatchRequest
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub
from millstream_service.reactive import observatory
from millstream_service.reactive.observation import Observation
from millstream_service.rpc.call import Call
from millstream_service.security.caller import EVERYTHING, Caller, Identity, Scope, Visibility
from millstream_service.store.entities import rows
from tests import entities
from tests.handlers.agents import entities as agents_entities
from tests.handlers.watching import Watched, end_of, query, values
from tests.recorder import Recorder
from tests.refusal import refused
from tests.running import running
from tests.stubs import Agents, Backend, Changes, Watcher

READS = frozenset({Scope.BUILDS_READ})
PEOPLE = {
    "ann": Identity("ann", "1", Visibility(scopes=READS)),
    "ben": Identity("ben", "2", Visibility(scopes=frozenset({Scope.BUILDS_READ}))),
    "cem": Identity("cem", "3", Visibility(scopes=READS, projects=frozenset({"app"}))),
    "dora": Identity("dora", "4", Visibility(scopes=READS, user_id="dora")),
    "root": Identity("root"),
}


def _identify(call: Call) -> Caller:
    return Caller(call.peer, PEOPLE[str(call.metadata["who"])])


def by(name: str) -> dict[str, Any]:
    """Return what a call is made with for it to be somebody's."""
    return {"metadata": (("who", name),)}


@pytest.fixture
async def channel(database_url: str) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        running(database_url, identify=_identify) as service,
        grpc.aio.insecure_channel(service.address) as channel,
    ):
        yield channel


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Backend:
    return BackendServiceStub(channel)


@pytest.fixture
def changes(channel: grpc.aio.Channel) -> Changes:
    return ChangeServiceStub(channel)


@pytest.fixture
def watcher(channel: grpc.aio.Channel) -> Watcher:
    return WatchServiceStub(channel)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Observation]:
    """The observations that are made: one for all who share its bytes."""
    made: list[Observation] = []

    class Noted(Observation):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(observatory, "Observation", Noted)
    return made


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("ann", "ann", 1), ("ann", "ben", 1), ("ann", "cem", 2), ("cem", "dora", 2), ("ann", "root", 2)],
)
async def test_what_is_watched_is_shared_by_those_who_may_see_the_same(
    stub: Backend, made: list[Observation], one: str, other: str, count: int
) -> None:
    request = pb.StreamAllProjectIdsRequest()
    async with (
        Recorder[Any](stub.StreamAllProjectIds(request, **by(one))) as first,
        Recorder[Any](stub.StreamAllProjectIds(request, **by(other))) as second,
    ):
        await first.next()
        await second.next()
    assert len(made) == count


async def test_a_resume_token_holds_for_those_who_may_see_the_same(stub: Backend) -> None:
    async with Recorder[Any](stub.StreamAllProjectIds(pb.StreamAllProjectIdsRequest(), **by("ann"))) as recorder:
        token = (await recorder.next()).position.resume_token
    again = pb.StreamAllProjectIdsRequest(options=StreamOptions(resume_token=token))
    async with Recorder[Any](stub.StreamAllProjectIds(again, **by("ben"))) as recorder:
        assert (await recorder.next()).position.unchanged
    assert (await refused(stub.StreamAllProjectIds(again, **by("cem")))).reason == "INVALID_RESUME_TOKEN"


async def test_a_page_token_holds_for_those_who_may_see_the_same(stub: Backend) -> None:
    for name in ("app", "tool"):
        await stub.CreateProject(pb.CreateProjectRequest(project=entities.project(name)), **by("root"))
    page = await stub.ListProjects(pb.ListProjectsRequest(page_size=1), **by("ann"))
    rest = pb.ListProjectsRequest(page_size=1, page_token=page.next_page_token)
    assert len((await stub.ListProjects(rest, **by("ben"))).projects) == 1
    for other in ("cem", "root"):
        assert (await refused(stub.ListProjects(rest, **by(other)))).reason == "INVALID_PAGE_TOKEN"


async def test_the_feed_leaves_out_what_its_reader_may_not_see(stub: Backend, changes: Changes, channel: Any) -> None:
    agents: Agents = AgentServiceStub(channel)
    await agents.CreateInstance(agents_pb.CreateInstanceRequest(instance=agents_entities.instance()), **by("root"))
    await stub.CreateProject(pb.CreateProjectRequest(project=entities.project("app")), **by("root"))
    for asked in ([], ["instances", "projects"]):
        for name, tables in (("ann", ["projects"]), ("root", ["instances", "projects"])):
            request = changes_pb.StreamChangesRequest(tables=asked)
            async with Recorder[Any](changes.StreamChanges(request, **by(name))) as recorder:
                await recorder.has(len(tables))
                assert [change.table for message in recorder.messages for change in message.changes] == tables


@pytest.mark.parametrize(("one", "other", "count"), [("ann", "ben", 1), ("ann", "cem", 2), ("cem", "dora", 2)])
async def test_what_is_watched_by_many_at_once_is_shared_likewise(
    watcher: Watcher, stub: Backend, made: list[Observation], one: str, other: str, count: int
) -> None:
    request = WatchRequest(queries=[query("a", pb.StreamAllProjectIdsRequest())])
    async with (
        Watched(watcher.Watch(request, **by(one))) as first,
        Watched(watcher.Watch(request, **by(other))) as second,
        Recorder[Any](stub.StreamAllProjectIds(pb.StreamAllProjectIdsRequest(), **by(one))) as direct,
    ):
        token = values(first, (await first.next()).id)[0].position.resume_token
        await second.next()
        await direct.next()
    assert len(made) == count
    again = pb.StreamAllProjectIdsRequest(options=StreamOptions(resume_token=token))
    request = WatchRequest(queries=[query("a", again)])
    async with Watched(watcher.Watch(request, **by(other))) as watched:
        await watched.next()
        if count == 1:
            assert values(watched, "a")[0].position.unchanged
        else:
            assert end_of(watched, "a")[1] == "INVALID_RESUME_TOKEN"


async def test_a_feed_that_is_watched_leaves_out_what_its_reader_may_not_see(
    watcher: Watcher, stub: Backend, channel: Any
) -> None:
    agents: Agents = AgentServiceStub(channel)
    await agents.CreateInstance(agents_pb.CreateInstanceRequest(instance=agents_entities.instance()), **by("root"))
    await stub.CreateProject(pb.CreateProjectRequest(project=entities.project("app")), **by("root"))
    request = WatchRequest(queries=[query("feed", changes_pb.StreamChangesRequest())])
    for name, tables in (("ann", ["projects"]), ("root", ["instances", "projects"])):
        async with Watched(watcher.Watch(request, **by(name))) as watched:
            await watched.has(len(tables))
            assert [change.table for message in values(watched, "feed") for change in message.changes] == tables


async def test_the_log_says_who_made_a_call_that_failed(
    stub: Backend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(rows, "get", broken)
    await refused(stub.GetProject(pb.GetProjectRequest(id="app"), **by("ann")))
    said = [record.getMessage() for record in caplog.records if "failed" in record.getMessage()]
    assert said
    assert said[0].startswith("GetProject by ann with token 1 from ")


@pytest.mark.parametrize("one", [None, frozenset[str](), frozenset({"a"}), frozenset({"b", "a"})])
@pytest.mark.parametrize("other", [None, frozenset[str](), frozenset({"a"}), frozenset({"a", "b"})])
def test_keys_are_equal_where_the_same_may_be_seen(one: frozenset[str] | None, other: frozenset[str] | None) -> None:
    ones, others = Visibility(projects=one), Visibility(projects=other)
    assert (ones.key == others.key) == (one == other)
    assert ones.key == others.key or Visibility(user_id="a").key not in (ones.key, others.key)
    assert (ones.key == EVERYTHING.key) == (one is None)
