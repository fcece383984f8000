"""A log that was kept for long enough says so, wherever it is asked for; it never looks like an empty one."""

import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_pb2 import Change
from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream_service.store.logs import retention
from tests.deadline import until
from tests.entities import add_build, append_texts, build, revision
from tests.recorder import Recorder
from tests.refusal import Refusal, refused
from tests.running import running
from tests.stubs import Backend, Changes

pytestmark = pytest.mark.dialects

TEXTS = ("first", "second", "third")
ENDED = build("build", status="BUILD_STATUS_COMPLETED")


@pytest.fixture
async def channel(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a service that keeps one log of a project, and looks all the time."""
    monkeypatch.setattr(retention, "ROUND_SECONDS", 0.01)
    async with (
        running(database_url, keep_logs_builds=1) as service,
        grpc.aio.insecure_channel(service.address) as channel,
    ):
        yield channel


@pytest.fixture
async def stub(channel: grpc.aio.Channel) -> Backend:
    """Two builds with three lines each; they go on."""
    stub: Backend = BackendServiceStub(channel)
    await add_build(stub, "build", "newer")
    for name in ("build", "newer"):
        await append_texts(stub, *TEXTS, build_id=name)
    return stub


@pytest.fixture
def changes(channel: grpc.aio.Channel) -> Changes:
    return ChangeServiceStub(channel)


def ids_of(stub: Backend, **fields: Any) -> Recorder[pb.StreamBuildLogIdsResponse]:
    return Recorder(stub.StreamBuildLogIds(pb.StreamBuildLogIdsRequest(build_id="build", **fields)))


def line_of(stub: Backend, log_id: str) -> Recorder[pb.StreamBuildLogResponse]:
    return Recorder(stub.StreamBuildLog(pb.StreamBuildLogRequest(id=log_id)))


async def end(stub: Backend, *build_ids: str) -> None:
    for build_id in build_ids:
        ended = build(build_id, status="BUILD_STATUS_COMPLETED")
        await stub.UpdateBuild(pb.UpdateBuildRequest(build=ended, update_mask={"paths": ["status"]}))


async def expire(stub: Backend) -> None:
    """End the older build and wait until its log is gone."""
    before = await revision(stub)
    async with ids_of(stub) as ids:
        await end(stub, "build")
        await until(lambda: bool(ids.messages) and not ids.messages[-1].build_log_ids, "the log was given up")
    assert await revision(stub) == before + 2


def says_so(refusal: Refusal, log_id: str, oldest_seq: int) -> None:
    """Check that a call was refused because a line has expired, a moment ago."""
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "BUILD_LOG_NOT_FOUND")
    assert refusal.resource == ("build_log", log_id)
    assert refusal.metadata.keys() == {"id", "expired_at", "oldest_seq"}
    assert refusal.metadata["oldest_seq"] == str(oldest_seq)
    assert f"line {log_id} has expired" in refusal.message
    moment = time.strptime(refusal.metadata["expired_at"], "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.time() - time.mktime(moment) + time.timezone) < 3600


async def test_reads_of_its_lines_are_refused(stub: Backend) -> None:
    await expire(stub)
    says_so(await refused(stub.GetBuildLog(pb.GetBuildLogRequest(id="build/2"))), "build/2", 4)
    says_so(await refused(stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="build"))), "build/1", 4)
    says_so(await refused(stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build"))), "build/1", 4)
    says_so(await refused(stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build", after_seq=1))), "build/2", 4)
    assert (await stub.GetBuild(pb.GetBuildRequest(id="build"))).build.id == "build"


async def test_a_line_that_never_was_is_another_matter(stub: Backend) -> None:
    await expire(stub)
    for log_id in ("build/4", "newer/4"):
        refusal = await refused(stub.GetBuildLog(pb.GetBuildLogRequest(id=log_id)))
        assert refusal.metadata == {"id": log_id}


async def test_who_has_read_it_all_is_told_that_it_has_ended(stub: Backend) -> None:
    await expire(stub)
    request = pb.TailBuildLogsRequest(build_id="build", after_seq=3, follow=True)
    tail: Recorder[pb.TailBuildLogsResponse] = Recorder(stub.TailBuildLogs(request))
    async with tail:
        assert await tail.end() is None
    assert tail.messages == []


async def test_what_is_left_can_be_read_from_the_line_that_is_told(stub: Backend) -> None:
    await expire(stub)
    await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="newer"))  # so the older one may have a log again
    await append_texts(stub, "late", build_id="build", first=4)
    says_so(await refused(stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build"))), "build/1", 4)
    call = stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build", after_seq=3))
    assert [line.content async for message in call for line in message.build_logs] == ["late"]
    search = stub.SearchBuildLogs(pb.SearchBuildLogsRequest(build_id="build", query="late", context_lines=5))
    [answer] = [answer async for answer in search]
    assert ([hit.build_log.seq for hit in answer.hits], list(answer.expired_build_ids)) == ([4], ["build"])


async def test_searches_name_the_builds_that_they_could_not_search(stub: Backend) -> None:
    await expire(stub)
    wheres: list[dict[str, Any]] = [{"build_id": "build"}, {"project_id": "app"}]
    for where in wheres:
        call = stub.SearchBuildLogs(pb.SearchBuildLogsRequest(query="second", context_lines=2, **where))
        answers = [answer async for answer in call]
        assert [list(answer.expired_build_ids) for answer in answers if answer.expired_build_ids] == [["build"]]
        hits = [hit.build_log.id for answer in answers for hit in answer.hits]
        assert hits == ([] if "build_id" in where else ["newer/2"])


async def test_streams_of_its_ids_and_its_lines_are_told(stub: Backend) -> None:
    async with line_of(stub, "build/2") as line, ids_of(stub, options={"append": True}) as ids:
        assert list((await ids.next()).build_log_ids) == ["build/1", "build/2", "build/3"]
        assert (await line.next()).build_log.content == "second"
        await end(stub, "build")
        reported = await ids.next()
        assert (list(reported.build_log_ids), reported.HasField("expired_at"), reported.position.append) == (
            [],
            True,
            False,
        )
        gone = await line.next()
        assert (gone.HasField("build_log"), gone.expired_at) == (False, reported.expired_at)
    async with ids_of(stub) as later:
        assert (await later.next()).expired_at == reported.expired_at
    async with ids_of(stub, options={"resume_token": reported.position.resume_token}) as again:
        assert (await again.next()).position.unchanged


async def test_streams_of_a_log_that_somebody_deleted_say_nothing_of_it(stub: Backend) -> None:
    await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="build"))
    async with ids_of(stub) as ids:
        assert not (await ids.next()).HasField("expired_at")
    async with line_of(stub, "build/1") as line:
        assert not (await line.next()).HasField("expired_at")


async def test_a_list_that_was_empty_before_tells_it_too(stub: Backend) -> None:
    async with ids_of(stub, category="none has it") as ids:
        assert not (await ids.next()).HasField("expired_at")
        await end(stub, "build")
        assert (await ids.next()).HasField("expired_at")


async def test_the_feed_tells_that_the_log_is_gone(stub: Backend, changes: Changes) -> None:
    after = await revision(stub)
    await expire(stub)
    request = StreamChangesRequest(after_revision=after, tables=["build_logs"])
    feed: Recorder[StreamChangesResponse] = Recorder(changes.StreamChanges(request))
    async with feed:
        [reported] = (await feed.next()).changes
    above = ["build", "debug", "app"]
    assert reported == Change(table="build_logs", key="build", operation="OPERATION_DELETE", ancestors=above)


async def test_a_reader_in_the_midst_of_it_is_told_and_misses_nothing_in_silence(stub: Backend) -> None:
    for number in range(4, 16):
        await append_texts(stub, "x" * 1_000_000, build_id="build", first=number)
    tail = stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build"))
    seqs: list[int] = []
    code = grpc.StatusCode.OK
    try:
        async for message in tail:
            seqs += [line.seq for line in message.build_logs]
            await stub.UpdateBuild(pb.UpdateBuildRequest(build=ENDED, update_mask={"paths": ["status"]}))
    except grpc.aio.AioRpcError as error:
        code = error.code()
    assert seqs == list(range(1, len(seqs) + 1))
    assert code == grpc.StatusCode.NOT_FOUND or len(seqs) == 15
