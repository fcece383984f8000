"""WatchService: what a query gets is what its RPC sends, and no query is in another's way."""

import asyncio
import json
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.status_pb2 import Status

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.builds.v1.build_pb2 import BuildStatus
from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from millstream.common.v1.position_pb2 import StreamOptions
from millstream.common.v1.watch_service_pb2 import WatchQuery, WatchRequest, WatchResponse
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers.logs import lines
from millstream_service.handlers.watch import MAX_QUERIES
from millstream_service.reactive.observatory import Observatory
from millstream_service.rpc.status import status_of
from millstream_service.rpc.transports.codecs import json_codec
from millstream_service.server import Service
from tests.deadline import until
from tests.entities import add_build, append_texts, build, project
from tests.handlers.watching import METHODS, Watched, end_of, of, query, values, watch
from tests.recorder import Recorder
from tests.refusal import refused
from tests.running import running
from tests.stubs import Backend, Watcher


async def test_an_update_comes_byte_for_byte_to_each_that_watches(stub: Backend, watcher: Watcher) -> None:
    await add_build(stub)
    request = pb.StreamBuildRequest(id="build")
    async with (
        Recorder[Any](stub.StreamBuild(request)) as direct,
        watch(watcher, request, request) as one,
        watch(watcher, request, other=pb.StreamBuildRequest(id="none")) as another,
    ):
        await one.has(2)
        await another.has(2)
        await direct.has(1)
        await stub.UpdateBuild(pb.UpdateBuildRequest(build=build(progress=0.5), update_mask={"paths": ["progress"]}))
        await direct.has(2)
        await one.has(4)
        await another.has(3)
    data = [message.SerializeToString() for message in direct.messages]
    assert [message.response.value for message in of(one, "0")] == data
    assert [message.response.value for message in of(one, "1")] == data
    assert [message.response.value for message in of(another, "0")] == data
    assert not values(another, "other")[0].HasField("build")


async def test_a_query_that_fails_ends_alone(stub: Backend, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_build(stub)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(lines, "find", broken)
    requests = {
        "well": pb.StreamBuildRequest(id="build"),
        "bad id": pb.StreamBuildRequest(),
        "token": pb.StreamBuildRequest(id="build", options=StreamOptions(resume_token=b"x")),
        "gone": pb.TailBuildLogsRequest(build_id="none", follow=True),
        "late": StreamChangesRequest(after_revision=999),
        "fault": pb.StreamBuildLogRequest(id="build/1"),
        "large": pb.StreamBuildRequest(id="x" * 100_000),
    }
    async with watch(watcher, **requests) as watched:
        await watched.until(lambda _: sum(m.HasField("error") for m in watched.messages) == 6, "six ended")
        assert end_of(watched, "bad id") == (3, "VALIDATION_FAILED", ("id",))
        assert end_of(watched, "token")[1] == "INVALID_RESUME_TOKEN"
        assert end_of(watched, "gone")[:2] == (5, "BUILD_NOT_FOUND")
        assert end_of(watched, "late") == (3, "VALIDATION_FAILED", ("after_revision",))
        assert end_of(watched, "fault")[:2] == (13, "QUERY_FAILED")
        assert end_of(watched, "large")[1] == "MESSAGE_TOO_LARGE"
        assert "secret" not in str(watched.messages)
        await stub.DeleteBuild(pb.DeleteBuildRequest(id="build"))
        await watched.until(lambda _: len(of(watched, "well")) == 2, "the one that is well goes on")
        assert not watched.ended


async def test_a_damaged_request_ends_its_query_alone(watcher: Watcher) -> None:
    damaged = query("damaged", pb.StreamBuildRequest(id="x"))
    damaged.request.value = b"\x0a\x01\xff"
    queries = [damaged, query("well", pb.StreamAllProjectIdsRequest())]
    async with Watched(watcher.Watch(WatchRequest(queries=queries))) as watched:
        await watched.has(2)
    assert end_of(watched, "damaged") == (3, "VALIDATION_FAILED", ("request",))
    assert len(values(watched, "well")) == 1


async def test_a_query_whose_stream_ends_well_says_so_and_the_last_one_ends_the_call(
    stub: Backend, watcher: Watcher
) -> None:
    await add_build(stub, "build", "other")
    await append_texts(stub, "one", "two")
    both = {key: pb.TailBuildLogsRequest(build_id=key, follow=True) for key in ("build", "other")}
    async with watch(watcher, **both) as watched:
        await watched.has(1)
        await append_texts(stub, "three", first=3)
        for key in both:
            ended = build(key, status=BuildStatus.BUILD_STATUS_COMPLETED)
            await stub.UpdateBuild(pb.UpdateBuildRequest(build=ended, update_mask={"paths": ["status"]}))
            await watched.until(lambda _, key=key: any(m.HasField("error") for m in of(watched, key)), key)  # type: ignore[misc]
            assert end_of(watched, key) == (0, "", ())
        assert await watched.end() is None
    contents = [line.content for message in values(watched, "build") for line in message.build_logs]
    assert contents == ["one", "two", "three"]


async def test_a_resume_token_holds_as_in_a_call_of_its_own(stub: Backend, watcher: Watcher) -> None:
    await add_build(stub)
    async with watch(watcher, pb.StreamBuildRequest(id="build")) as watched:
        await watched.has(1)
        token = values(watched, "0")[0].position.resume_token
    again = pb.StreamBuildRequest(id="build", options=StreamOptions(resume_token=token))
    async with watch(watcher, again) as watched, Recorder[Any](stub.StreamBuild(again)) as direct:
        await watched.has(1)
        assert values(watched, "0")[0].position.unchanged
        assert values(watched, "0") == await direct.has(1)


async def test_messages_of_a_query_are_in_order_and_none_is_left_out_of_a_tail(stub: Backend, watcher: Watcher) -> None:
    await add_build(stub)
    requests = {
        "tail": pb.TailBuildLogsRequest(build_id="build", follow=True),
        "feed": StreamChangesRequest(),
        "newest": pb.StreamBuildRequest(id="build"),
    }
    async with watch(watcher, **requests) as watched:
        for number in range(50):
            await append_texts(stub, f"{number}", first=number + 1)
        await watched.until(lambda _: _seqs(watched)[-1:] == [50], "all lines came")
        await watched.until(lambda _: values(watched, "feed")[-1].revision == 52, "all commits came")
    assert _seqs(watched) == list(range(1, 51))
    assert [message.revision for message in values(watched, "feed")] == list(range(1, 53))


def _seqs(watched: Watched) -> list[int]:
    return [line.seq for message in values(watched, "tail") for line in message.build_logs]


WELL = pb.StreamAllProjectIdsRequest()
REFUSED = [
    (WatchRequest(), "queries"),
    (WatchRequest(queries=[query(str(number), WELL) for number in range(MAX_QUERIES + 1)]), "queries"),
    (WatchRequest(queries=[query("", WELL)]), "queries[0].id"),
    (WatchRequest(queries=[query("a", WELL), query("b", WELL), query("a", WELL)]), "queries[2].id"),
    (WatchRequest(queries=[query("x" * 256, WELL)]), "queries[0].id"),
    (WatchRequest(queries=[query("a\n", WELL)]), "queries[0].id"),
    (WatchRequest(queries=[query("a", WELL), WatchQuery(id="b")]), "queries[1].request"),
    (WatchRequest(queries=[query("a", pb.GetBuildRequest(id="build"))]), "queries[0].request"),
    (WatchRequest(queries=[query("a", pb.SearchBuildLogsRequest())]), "queries[0].request"),
    (WatchRequest(queries=[query("a", pb.AppendBuildLogsRequest())]), "queries[0].request"),
    (WatchRequest(queries=[query("a", pb.StreamBuildResponse())]), "queries[0].request"),
    (WatchRequest(queries=[query("a", WatchRequest(queries=[query("b", WELL)]))]), "queries[0].request"),
    (WatchRequest(queries=[WatchQuery(id="a", request=Packed(type_url="x" * 100_000))]), "queries[0].request"),
]


@pytest.mark.parametrize(("request_", "field"), REFUSED, ids=lambda one: one if isinstance(one, str) else "")
async def test_a_call_that_names_no_queries_is_refused_as_a_whole(
    watcher: Watcher, request_: WatchRequest, field: str
) -> None:
    refusal = await refused(watcher.Watch(request_))
    assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "VALIDATION_FAILED", (field,))


async def test_a_hundred_queries_are_served(stub: Backend, watcher: Watcher) -> None:
    async with watch(watcher, *[WELL] * MAX_QUERIES) as watched:
        await watched.has(MAX_QUERIES)
        await stub.CreateProject(pb.CreateProjectRequest(project=project()))
        await watched.has(2 * MAX_QUERIES)
    ids = {str(number) for number in range(MAX_QUERIES)}
    assert {message.id for message in watched.messages[:MAX_QUERIES]} == ids
    assert {message.id for message in watched.messages[MAX_QUERIES:]} == ids


async def test_the_domain_before_a_type_does_not_matter(watcher: Watcher) -> None:
    one = query("a", WELL)
    one.request.type_url = f"example.com/types/{WELL.DESCRIPTOR.full_name}"
    async with Watched(watcher.Watch(WatchRequest(queries=[one]))) as watched:
        await watched.has(1)
    assert (
        watched.messages[0].response.type_url == "type.googleapis.com/millstream.builds.v1.StreamAllProjectIdsResponse"
    )


def test_a_page_writes_and_reads_it_as_json() -> None:
    codec = json_codec(METHODS["Watch"])
    url = "type.googleapis.com/millstream.builds.v1.StreamBuildRequest"
    asked = {"queries": [{"id": "a", "request": {"@type": url, "id": "build"}}]}
    request = WatchRequest.FromString(codec.decode(json.dumps(asked).encode()))
    assert request == WatchRequest(queries=[query("a", pb.StreamBuildRequest(id="build"))])
    for wrong in (b'{"@type": 5}', b"5", b'{"@type": "example.com/nothing"}'):
        with pytest.raises(ValidationFailedError):
            codec.decode(b'{"queries": [{"id": "a", "request": %s}]}' % wrong)
    status = status_of(ValidationFailedError("id", "must not be empty")).details
    shown = json.loads(codec.encode(WatchResponse(id="a", error=Status.FromString(status)).SerializeToString()))
    assert shown["error"]["details"][0]["reason"] == "VALIDATION_FAILED"


async def test_each_query_counts_as_a_stream_and_one_too_many_ends_alone(database_url: str) -> None:
    async with (
        running(database_url, max_streams=4) as service,
        grpc.aio.insecure_channel(service.address) as channel,
        watch(WatchServiceStub(channel), WELL, WELL, WELL, WELL) as watched,
    ):
        await watched.has(4)
        assert sorted(message.HasField("error") for message in watched.messages) == [False] * 3 + [True]
        [refused_one] = [message.id for message in watched.messages if message.HasField("error")]
        assert end_of(watched, refused_one)[:2] == (8, "TOO_MANY_STREAMS")
        direct = await refused(BackendServiceStub(channel).StreamAllProjectIds(WELL))
        assert direct.reason == "TOO_MANY_STREAMS"


async def test_a_service_that_stops_ends_it_as_other_streams(database_url: str) -> None:
    async with running(database_url) as service:
        channel = grpc.aio.insecure_channel(service.address)
        watched = watch(WatchServiceStub(channel), WELL, tail=pb.StreamProjectRequest(id="app"))
        watched.start()
        await watched.has(2)
        begun = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - begun < service.config.drain_seconds
    refusal = await watched.end()
    await watched.close()
    await channel.close()
    assert refusal is not None
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "SHUTTING_DOWN")


@pytest.fixture
def observatory(monkeypatch: pytest.MonkeyPatch) -> list[Observatory]:
    """The observatory of the service that starts next."""
    made: list[Observatory] = []
    start = Observatory.start

    def noted(self: Observatory) -> None:
        made.append(self)
        start(self)

    monkeypatch.setattr(Observatory, "start", noted)
    return made


@pytest.mark.slow(1)
async def test_clients_that_vanish_leave_nothing(observatory: list[Observatory], service: Service) -> None:
    before = asyncio.all_tasks()
    requests = [WELL, *(pb.StreamProjectRequest(id=f"{number}") for number in range(4)), StreamChangesRequest()]
    for _ in range(4):
        channels = [
            grpc.aio.insecure_channel(service.address, options=[("grpc.use_local_subchannel_pool", 1)])
            for _ in range(50)
        ]
        watched = [watch(WatchServiceStub(channel), *requests) for channel in channels]
        for one in watched:
            one.start()
        for one in watched:
            await one.has(5)
        assert len(observatory[0]) == 5, "equal queries of all are read once"
        await asyncio.gather(*(channel.close() for channel in channels))
        await asyncio.gather(*(one.close() for one in watched))
    await until(lambda: len(observatory[0]) == 0, "nothing is watched")
    left = {task for task in asyncio.all_tasks() - before if "AioServer" not in repr(task)}
    await until(lambda: all(task.done() for task in left), "no task is left")
