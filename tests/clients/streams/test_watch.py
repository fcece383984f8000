"""A watch shows the newest value, comes back by itself, and shares its stream with its equals."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

import grpc
import pytest
from google.protobuf.message import Message

from millstream import AsyncClient, Build, errors
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1.position_pb2 import Position
from millstream.streams.query import one_message
from tests.clients.conftest import QUICK
from tests.clients.scripted_service import Context, ScriptedService, abort, stream
from tests.deadline import patience

T = TypeVar("T")
LOST = (grpc.StatusCode.UNAVAILABLE, "")
FULL = (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS")


def build(version: str, token: str = "") -> pb.StreamBuildResponse:
    position = Position(resume_token=token.encode())
    return pb.StreamBuildResponse(position=position, build=Build(id="b1", version_string=version))


def unchanged(token: str) -> pb.StreamBuildResponse:
    return pb.StreamBuildResponse(position=Position(resume_token=token.encode(), unchanged=True))


async def version(values: AsyncGenerator[Build | None, None]) -> str | None:
    async with asyncio.timeout(patience(10)):
        value = await anext(values)
    return None if value is None else value.version_string


class Feed:
    """A script whose messages the test sends one by one."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message] = asyncio.Queue()

    def send(self, *messages: Message) -> None:
        for message in messages:
            self._queue.put_nowait(message)

    async def __call__(self, request: object, context: Context) -> AsyncIterator[Message]:
        while True:
            yield await self._queue.get()


async def test_values_come_as_they_are_sent(scripted: ScriptedService, client: AsyncClient) -> None:
    feed = Feed()
    scripted.script("StreamBuild", feed)
    async with aclosing(client.builds.watch_build("b1", min_interval=0.25)) as values:
        feed.send(build("1"))
        assert await version(values) == "1"
        feed.send(pb.StreamBuildResponse())
        assert await version(values) is None
    request = scripted.requests["StreamBuild"][0]
    assert request.id == "b1"
    assert request.options.min_interval.ToMilliseconds() == 250


async def test_a_slow_consumer_skips_to_the_newest(scripted: ScriptedService, client: AsyncClient) -> None:
    feed = Feed()
    scripted.script("StreamBuild", feed)
    async with aclosing(client.builds.watch_build("b1")) as slow, aclosing(client.builds.watch_build("b1")) as quick:
        feed.send(build("1"))
        assert await version(slow) == await version(quick) == "1"
        for number in range(2, 6):
            feed.send(build(str(number)))
            assert await version(quick) == str(number)
        assert await version(slow) == "5"


@pytest.mark.parametrize(
    "trouble",
    [
        LOST,
        (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN"),
        (grpc.StatusCode.UNAVAILABLE, "SLOW_READER"),
        (grpc.StatusCode.CANCELLED, ""),
        FULL,
        None,
    ],
)
async def test_a_broken_stream_goes_on_with_its_token(
    scripted: ScriptedService, client: AsyncClient, trouble: tuple[grpc.StatusCode, str] | None
) -> None:
    scripted.script(
        "StreamBuild",
        stream(build("1", "t1"), then=trouble),
        stream(unchanged("t1"), then=trouble),
        stream(unchanged("t1b"), build("2", "t2"), then=trouble),
        stream(hold=True),
    )
    async with aclosing(client.builds.watch_build("b1")) as values:
        assert [await version(values), await version(values)] == ["1", "2"]
        await scripted.until(lambda: len(scripted.requests["StreamBuild"]) == 4)
    tokens = [request.options.resume_token for request in scripted.requests["StreamBuild"]]
    assert tokens == [b"", b"t1", b"t1", b"t2"]


async def test_rst_stream_is_a_break(scripted: ScriptedService, client: AsyncClient) -> None:
    async def reset(request: object, context: Context) -> AsyncIterator[Message]:
        yield build("1")
        await abort(context, grpc.StatusCode.INTERNAL, message="Received RST_STREAM with error code 2")

    scripted.script("StreamBuild", reset, stream(build("2"), hold=True))
    async with aclosing(client.builds.watch_build("b1")) as values:
        assert [await version(values), await version(values)] == ["1", "2"]


async def test_a_value_that_comes_again_after_a_break_is_not_shown_again(
    scripted: ScriptedService, client: AsyncClient
) -> None:
    scripted.script("StreamBuild", stream(build("1"), then=LOST), stream(build("1"), build("2"), hold=True))
    async with aclosing(client.builds.watch_build("b1")) as values:
        assert [await version(values), await version(values)] == ["1", "2"]


async def test_a_token_that_is_refused_is_dropped(scripted: ScriptedService, client: AsyncClient) -> None:
    refused = (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_RESUME_TOKEN")
    scripted.script(
        "StreamBuild", stream(build("1", "old"), then=LOST), stream(then=refused), stream(build("2"), hold=True)
    )
    async with aclosing(client.builds.watch_build("b1")) as values:
        assert [await version(values), await version(values)] == ["1", "2"]
    assert [request.options.resume_token for request in scripted.requests["StreamBuild"]] == [b"", b"old", b""]


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ((grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED"), errors.ValidationFailedError),
        ((grpc.StatusCode.INTERNAL, "QUERY_FAILED"), errors.QueryFailedError),
        ((grpc.StatusCode.UNIMPLEMENTED, ""), errors.UnimplementedError),
    ],
)
async def test_what_will_not_pass_is_raised_for_all(
    scripted: ScriptedService,
    client: AsyncClient,
    trouble: tuple[grpc.StatusCode, str],
    kind: type[errors.MillstreamError],
) -> None:
    feed = Feed()
    scripted.script("StreamBuild", stream(build("1"), then=trouble), feed)
    one, other = client.builds.watch_build("b1"), client.builds.watch_build("b1")
    assert {await value for value in (version(one), version(other))} == {"1"}
    for values in (one, other):
        with pytest.raises(kind):
            await version(values)
    again = client.builds.watch_build("b1")
    feed.send(build("2"))
    assert await version(again) == "2", "a new watch begins anew"
    await again.aclose()


async def test_a_watch_for_which_there_is_no_room_at_first_is_told_so(
    scripted: ScriptedService, client: AsyncClient
) -> None:
    feed = Feed()
    scripted.script("StreamBuild", stream(then=FULL), feed)
    with pytest.raises(errors.TooManyStreamsError):
        await version(client.builds.watch_build("b1"))
    async with aclosing(client.builds.watch_build("b1")) as again:
        feed.send(build("1"))
        assert await version(again) == "1", "a new watch begins anew"


async def test_the_last_value_is_seen_before_the_error(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("StreamBuild", stream(build("1"), build("2"), then=(grpc.StatusCode.DATA_LOSS, "STORE_CORRUPT")))
    values = client.builds.watch_build("b1")
    while await version(values) != "2":
        pass
    with pytest.raises(errors.StoreCorruptError):
        await version(values)


async def test_without_any_service_it_gives_up(unused_tcp_port: int) -> None:
    async with AsyncClient(f"127.0.0.1:{unused_tcp_port}", retry=QUICK) as client:
        with pytest.raises(errors.NotConnectedError):
            await anext(client.builds.watch_build("b1"))


async def test_once_reached_a_service_is_waited_for(scripted: ScriptedService, client: AsyncClient) -> None:
    feed = Feed()
    scripted.script("StreamBuild", feed)
    async with aclosing(client.builds.watch_build("b1")) as values:
        feed.send(build("1", "t1"))
        assert await version(values) == "1"
        await scripted.stop()
        feed.send(build("2", "t2"))
        await scripted.start()
        assert await version(values) == "2"


class TestSharing:
    async def test_equal_watches_share_one_stream(self, scripted: ScriptedService, client: AsyncClient) -> None:
        feed = Feed()
        scripted.script("StreamBuild", feed)
        feed.send(build("1"))
        async with aclosing(client.builds.watch_build("b1")) as early:
            assert await version(early) == "1"
            async with aclosing(client.builds.watch_build("b1")) as late:
                assert await version(late) == "1", "who joins late gets the current value at once"
                feed.send(build("2"))
                assert await version(early) == await version(late) == "2"
            feed.send(build("3"))
            assert await version(early) == "3", "one that leaves does not take the stream with it"
        assert len(scripted.requests["StreamBuild"]) == 1

    async def test_the_last_to_leave_cancels_it(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("StreamBuild", stream(build("1"), hold=True))
        one, other = client.builds.watch_build("b1"), client.builds.watch_build("b1")
        assert await version(one) == await version(other) == "1"
        await one.aclose()
        assert scripted.active["StreamBuild"] == 1
        await other.aclose()
        await scripted.until(lambda: scripted.active["StreamBuild"] == 0)
        async with aclosing(client.builds.watch_build("b1")) as again:
            assert await version(again) == "1"
        assert len(scripted.requests["StreamBuild"]) == 2

    async def test_leaving_a_loop_is_leaving(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("StreamBuild", stream(build("1"), hold=True))
        async for _ in client.builds.watch_build("b1"):
            break
        await scripted.until(lambda: scripted.active["StreamBuild"] == 0)

    async def test_what_differs_has_its_own(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("StreamBuild", stream(build("1"), hold=True))
        watches = [
            client.builds.watch_build("b1"),
            client.builds.watch_build("b2"),
            client.builds.watch_build("b1", min_interval=1),
        ]
        for watch in watches:
            assert await version(watch) == "1"
        assert len(scripted.requests["StreamBuild"]) == 3
        for watch in watches:
            await watch.aclose()

    async def test_the_order_of_schemes_makes_no_difference(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        ids = pb.StreamBuildIdsResponse(position=Position(resume_token=b"t"), build_ids=["b"])
        scripted.script("StreamBuildIds", stream(ids, hold=True))
        one, other = client.builds.watch_build_ids(["s1", "s2"]), client.builds.watch_build_ids(["s2", "s1", "s2"])
        assert await anext(one) == await anext(other) == ["b"]
        assert len(scripted.requests["StreamBuildIds"]) == 1
        await one.aclose()
        await other.aclose()

    async def test_each_consumer_may_change_what_it_got(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("StreamBuild", stream(build("1"), hold=True))
        one, other = client.builds.watch_build("b1"), client.builds.watch_build("b1")
        value = await anext(one)
        assert value is not None
        value.version_string = "changed"
        assert await version(other) == "1"
        await one.aclose()
        await other.aclose()

    async def test_a_consumer_that_is_cancelled_has_left(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("StreamBuild", stream(hold=True))
        waiting = asyncio.create_task(version(client.builds.watch_build("b1")))
        await scripted.until(lambda: scripted.active["StreamBuild"] == 1)
        waiting.cancel()
        await scripted.until(lambda: scripted.active["StreamBuild"] == 0)


async def test_long_lists_are_whole(scripted: ScriptedService, client: AsyncClient) -> None:
    ids = [f"b1/{seq}" for seq in range(1, 25_001)]

    def part(start: int, end: int, *, append: bool, token: str = "") -> pb.StreamBuildLogIdsResponse:
        position = Position(revision=9, append=append, resume_token=token.encode())
        return pb.StreamBuildLogIdsResponse(position=position, build_log_ids=ids[start:end])

    broken = stream(part(0, 10_000, append=False), then=LOST)
    whole = stream(
        part(0, 10_000, append=False),
        part(10_000, 20_000, append=True),
        part(20_000, 24_000, append=True, token="whole"),
        then=LOST,
    )
    grown = stream(part(24_000, 25_000, append=True, token="grown"), hold=True)
    scripted.script("StreamBuildLogIds", broken, whole, grown)
    async with aclosing(client.builds.watch_build_log_ids("b1", include_debug=True, category="c")) as values:
        assert await anext(values) == ids[:24_000]
        assert await anext(values) == ids
    requests = scripted.requests["StreamBuildLogIds"]
    assert [request.options.resume_token for request in requests] == [b"", b"", b"whole"]
    assert (requests[0].options.append, requests[0].include_debug, requests[0].category) == (True, True, "c")


async def test_closing_the_client_ends_its_watches(scripted: ScriptedService) -> None:
    scripted.script("StreamBuild", stream(build("1"), hold=True))
    client = AsyncClient(scripted.address)
    values = client.builds.watch_build("b1")
    assert await version(values) == "1"
    await client.close()
    with pytest.raises(errors.ClientClosedError):
        await version(values)
    await scripted.until(lambda: scripted.active["StreamBuild"] == 0)


async def test_a_fault_of_our_own_is_raised_too(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("StreamBuild", stream(build("1"), hold=True))

    def fault(_: pb.StreamBuildResponse) -> Build:
        raise ZeroDivisionError

    query = one_message(lambda: client.builds._backend.StreamBuild, pb.StreamBuildRequest(id="b1"), fault)
    with pytest.raises(ZeroDivisionError):
        await anext(client._watches.follow(query))
