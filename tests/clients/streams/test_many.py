"""Several queries in one stream: each goes on from where it was, and ends alone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from millstream import AsyncClient, Build, BuildLog, Client, Watched, errors
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream.common.v1.position_pb2 import Position, StreamOptions
from millstream.common.v1.watch_service_pb2 import WatchResponse
from millstream.streams.assembly import MessageAssembly
from millstream.testing import MillstreamService
from tests.clients.scripted_service import ScriptedService, details, stream
from tests.deadline import patience
from tests.entities import project

SOME = "t"
LOST = (grpc.StatusCode.UNAVAILABLE, "")
BUILD = pb.StreamBuildRequest(id="b1")
TAIL = pb.TailBuildLogsRequest(build_id="b1", follow=True)


def of(key: str, message: Message) -> WatchResponse:
    packed = Packed()
    packed.Pack(message)
    return WatchResponse(id=key, response=packed)


def end(key: str, code: grpc.StatusCode = grpc.StatusCode.OK, reason: str = "") -> WatchResponse:
    status = Status.FromString(details(code, "scripted", reason)) if reason else Status()
    return WatchResponse(id=key, error=status)


def build(version: str, token: str, revision: int = 0) -> pb.StreamBuildResponse:
    position = Position(resume_token=token.encode(), revision=revision)
    return pb.StreamBuildResponse(position=position, build=Build(id="b1", version_string=version))


def unchanged(token: str) -> pb.StreamBuildResponse:
    return pb.StreamBuildResponse(position=Position(resume_token=token.encode(), unchanged=True))


def lines(*seqs: int) -> pb.TailBuildLogsResponse:
    return pb.TailBuildLogsResponse(build_logs=[BuildLog(seq=seq) for seq in seqs], last_seq=seqs[-1])


def ids(*values: str, token: str = SOME, append: bool = False) -> pb.StreamBuildLogIdsResponse:
    return pb.StreamBuildLogIdsResponse(
        position=Position(resume_token=token.encode(), append=append), build_log_ids=values
    )


async def some_of(events: AsyncGenerator[Watched, None], count: int) -> list[Any]:
    """Return what so many events say: key, and version or lines or error."""
    async with asyncio.timeout(patience(10)):
        return [_said(await anext(events)) for _ in range(count)]


def _said(event: Watched) -> tuple[str, Any]:
    if event.response is None:
        return event.key, event.error and event.error.reason
    if isinstance(event.response, pb.TailBuildLogsResponse):
        return event.key, [line.seq for line in event.response.build_logs]
    if isinstance(event.response, StreamChangesResponse):
        return event.key, event.response.revision
    return event.key, event.response.build.version_string


def asked(scripted: ScriptedService, call: int, kinds: dict[str, type[Any]]) -> dict[str, Any]:
    """Return the requests of a call, by key."""
    queries = scripted.requests["Watch"][call].queries
    return {query.id: kinds[query.id].FromString(query.request.value) for query in queries}


async def test_each_goes_on_from_where_it_was(scripted: ScriptedService, client: AsyncClient) -> None:
    changes = StreamChangesResponse(revision=7, store_id=bytes(16))
    scripted.script(
        "Watch",
        stream(of("a", build("1", "a1")), of("log", lines(1, 2)), of("feed", changes), then=LOST),
        stream(of("a", unchanged("a1b")), of("log", lines(3)), of("a", build("2", "a2")), then=LOST),
        stream(hold=True),
    )
    queries = {"a": BUILD, "log": TAIL, "feed": StreamChangesRequest(after_revision=3)}
    async with aclosing(client.watch_many(queries)) as events:
        assert await some_of(events, 5) == [("a", "1"), ("log", [1, 2]), ("feed", 7), ("log", [3]), ("a", "2")]
        rest = asyncio.ensure_future(anext(events))
        await scripted.until(lambda: len(scripted.requests["Watch"]) == 3)
        rest.cancel()
        await asyncio.gather(rest, return_exceptions=True)
    kinds = {key: type(request) for key, request in queries.items()}
    calls = [asked(scripted, call, kinds) for call in range(3)]
    assert [call["a"].options.resume_token for call in calls] == [b"", b"a1", b"a2"]
    assert [call["log"].after_seq for call in calls] == [0, 2, 3]
    assert [(call["feed"].after_revision, call["feed"].store_id) for call in calls] == [
        (3, b""),
        (7, bytes(16)),
        (7, bytes(16)),
    ]
    assert pb.StreamBuildRequest(id="b1") == BUILD, "what was passed stays as it was"


async def test_a_value_or_a_line_that_comes_again_is_not_shown_again(
    scripted: ScriptedService, client: AsyncClient
) -> None:
    scripted.script(
        "Watch",
        stream(of("a", build("1", "x", 1)), of("log", lines(1, 2)), then=LOST),
        stream(of("a", build("1", "y", 2)), of("log", lines(1, 2)), of("log", lines(3)), of("a", build("2", "z", 3))),
        stream(hold=True),
    )
    async with aclosing(client.watch_many({"a": BUILD, "log": TAIL})) as events:
        assert await some_of(events, 4) == [("a", "1"), ("log", [1, 2]), ("log", [3]), ("a", "2")]


async def test_a_query_that_ends_does_so_alone_and_the_last_one_ends_all(
    scripted: ScriptedService, client: AsyncClient
) -> None:
    scripted.script(
        "Watch",
        stream(
            of("a", build("1", "a1")), end("gone", grpc.StatusCode.NOT_FOUND, "BUILD_NOT_FOUND"), end("log"), then=LOST
        ),
        stream(of("a", build("2", "a2")), end("a", grpc.StatusCode.INTERNAL, "QUERY_FAILED")),
    )
    async with asyncio.timeout(patience(10)):
        events = [event async for event in client.watch_many({"a": BUILD, "gone": TAIL, "log": TAIL})]
    assert list(map(_said, events)) == [
        ("a", "1"),
        ("gone", "BUILD_NOT_FOUND"),
        ("log", None),
        ("a", "2"),
        ("a", "QUERY_FAILED"),
    ]
    assert isinstance(events[1].error, errors.BuildNotFoundError)
    assert [query.id for query in scripted.requests["Watch"][1].queries] == ["a"], "what has ended stays so"


@pytest.mark.parametrize(
    "trouble",
    [
        end("b", grpc.StatusCode.UNAVAILABLE, "STORE_BUSY"),
        end("b", grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN"),
        end("b", grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS"),
        end("b", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_RESUME_TOKEN"),
    ],
)
async def test_what_may_pass_ends_no_query(
    scripted: ScriptedService, client: AsyncClient, trouble: WatchResponse
) -> None:
    scripted.script(
        "Watch",
        stream(of("a", build("1", "a1")), of("b", build("1", "b1")), then=LOST),
        stream(trouble, hold=True),
        stream(of("a", unchanged("a1")), of("b", build("2", "b2")), hold=True),
    )
    async with aclosing(client.watch_many({"a": BUILD, "b": BUILD})) as events:
        assert await some_of(events, 3) == [("a", "1"), ("b", "1"), ("b", "2")]
    kinds = dict.fromkeys("ab", pb.StreamBuildRequest)
    dropped = "INVALID_RESUME_TOKEN" in str(trouble)
    tokens = {key: request.options.resume_token for key, request in asked(scripted, 2, kinds).items()}
    assert tokens == {"a": b"a1", "b": b"" if dropped else b"b1"}


async def test_no_room_at_first_is_told(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("Watch", stream(end("a", grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS")))
    async with asyncio.timeout(patience(10)):
        [event] = [event async for event in client.watch_many({"a": BUILD})]
    assert isinstance(event.error, errors.TooManyStreamsError)


async def test_what_can_not_be_watched_is_raised(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("Watch", stream(then=(grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")))
    with pytest.raises(errors.ValidationFailedError):
        await anext(client.watch_many({"a": pb.GetBuildRequest(id="b1")}))


async def test_it_begins_where_its_token_says(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("Watch", stream(of("a", unchanged("mine")), of("a", build("2", "a2")), hold=True))
    request = pb.StreamBuildRequest(id="b1", options=StreamOptions(resume_token=b"mine"))
    async with aclosing(client.watch_many({"a": request})) as events:
        assert await some_of(events, 1) == [("a", "2")]
    assert asked(scripted, 0, {"a": pb.StreamBuildRequest})["a"].options.resume_token == b"mine"


async def test_leaving_is_leaving(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("Watch", stream(of("a", build("1", "a1")), hold=True))
    async with aclosing(client.watch_many({"a": BUILD})) as events:
        await some_of(events, 1)
        assert scripted.active["Watch"] == 1
    await scripted.until(lambda: scripted.active["Watch"] == 0)


def test_a_list_is_handed_out_whole() -> None:
    assembly = MessageAssembly()
    assert not assembly.add(ids("a", token=""))
    assert assembly.add(ids("b", append=True))
    assert [list(value.build_log_ids) for value in assembly.value] == [["a", "b"]]
    before = assembly.value[0]
    assert assembly.add(ids("c", append=True)), "it grew at its end"
    assert (list(before.build_log_ids), list(assembly.value[0].build_log_ids)) == (["a", "b"], ["a", "b", "c"])
    assert not assembly.add(ids("d", token="", append=True))
    assembly.reopen()
    assert not assembly.add(ids("a", "b", token=""))
    assert not assembly.add(ids("c", append=True)), "the same again"
    assert assembly.add(ids("z")), "in place of all before it"
    assert list(assembly.value[0].build_log_ids) == ["z"]


def test_a_blocking_client_watches_many_too(millstream_service: MillstreamService) -> None:
    with Client(millstream_service.address) as client:
        client.builds.create_project(project("app"))
        queries = {"ids": pb.StreamAllProjectIdsRequest(), "app": pb.StreamProjectRequest(id="app")}
        seen: dict[str, Any] = {}
        for event in client.watch_many(queries):
            seen[event.key] = event.response
            if len(seen) == len(queries):
                break
    assert "app" in seen["ids"].project_ids
    assert seen["app"].project.name == "app"
    assert seen["app"].position.revision > 0
