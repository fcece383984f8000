"""A tail shows every line once, in order, whatever happens to its stream; so does the feed of changes."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream import AsyncClient, BuildLog, BuildLogLevel, StreamChangesResponse, errors
from millstream.builds.v1 import backend_service_pb2 as pb
from tests.clients.scripted_service import Context, ScriptedService, stream

LOST = (grpc.StatusCode.UNAVAILABLE, "")


def lines(*numbers: int, last: int = 0) -> pb.TailBuildLogsResponse:
    logs = [BuildLog(id=f"b1/{seq}", seq=seq) for seq in numbers]
    return pb.TailBuildLogsResponse(build_logs=logs, last_seq=last or numbers[-1])


async def tail(
    client: AsyncClient, after_seq: int = 0, *, include_debug: bool = True, follow: bool = False
) -> list[int]:
    logs = client.builds.tail_build_logs("b1", after_seq, include_debug=include_debug, follow=follow)
    return [log.seq async for log in logs]


def asked_after(scripted: ScriptedService) -> list[int]:
    return [request.after_seq for request in scripted.requests["TailBuildLogs"]]


async def test_it_ends_where_the_service_ends_it(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(1, 2), lines(3)))
    assert await tail(client, follow=True) == [1, 2, 3]
    assert scripted.requests["TailBuildLogs"][0].follow


async def test_it_begins_where_it_is_told(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(8, 9)))
    assert await tail(client, 7) == [8, 9]
    assert asked_after(scripted) == [7]


async def test_it_goes_on_after_a_break_without_a_repeat(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script(
        "TailBuildLogs",
        stream(lines(1, 2), then=LOST),
        stream(then=(grpc.StatusCode.CANCELLED, "")),
        stream(lines(2, 3, 4), then=(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")),
        stream(lines(5)),
    )
    assert await tail(client) == [1, 2, 3, 4, 5]
    assert asked_after(scripted) == [0, 2, 2, 4]


async def test_what_is_left_out_is_not_asked_for_again(scripted: ScriptedService, client: AsyncClient) -> None:
    nothing = pb.TailBuildLogsResponse(last_seq=90)
    scripted.script("TailBuildLogs", stream(lines(3, last=10), nothing, then=LOST), stream(lines(95)))
    assert await tail(client, include_debug=False) == [3, 95]
    assert asked_after(scripted) == [0, 90]


async def test_a_hole_is_asked_about_again(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(1, 2), lines(5)), stream(lines(3, 4, 5)))
    assert await tail(client) == [1, 2, 3, 4, 5]
    assert asked_after(scripted) == [0, 2]


async def test_a_hole_that_stays_is_of_deleted_lines(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(1, 2), lines(5)), stream(lines(5, 6)))
    assert await tail(client) == [1, 2, 5, 6]


async def test_a_filtered_log_has_holes(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(1), lines(4), lines(9)))
    assert await tail(client, include_debug=False) == [1, 4, 9]
    logs = client.builds.tail_build_logs("b1", min_level=BuildLogLevel.BUILD_LOG_LEVEL_DEBUG, category="stdout")
    assert [log.seq async for log in logs] == [1, 4, 9]
    assert len(scripted.requests["TailBuildLogs"]) == 2


async def test_a_build_that_goes_away_ends_it(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(1), then=(grpc.StatusCode.NOT_FOUND, "BUILD_NOT_FOUND")))
    logs = client.builds.tail_build_logs("b1", follow=True)
    assert (await anext(logs)).seq == 1
    with pytest.raises(errors.BuildNotFoundError):
        await anext(logs)


async def test_leaving_it_cancels_the_call(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("TailBuildLogs", stream(lines(1), hold=True))
    async for _ in client.builds.tail_build_logs("b1", follow=True):
        break
    await scripted.until(lambda: scripted.active["TailBuildLogs"] == 0)


async def test_a_reader_holds_the_service_back(scripted: ScriptedService, client: AsyncClient) -> None:
    sent = 0

    async def endless(request: object, context: Context) -> AsyncIterator[pb.TailBuildLogsResponse]:
        nonlocal sent
        while True:
            sent += 1
            yield pb.TailBuildLogsResponse(build_logs=[BuildLog(seq=sent, content="x" * 500_000)], last_seq=sent)

    scripted.script("TailBuildLogs", endless)
    logs = client.builds.tail_build_logs("b1", include_debug=True)
    for seq in range(1, 30):
        assert (await anext(logs)).seq == seq
    assert sent < 60, "no more lies on the way than the transport holds"
    await logs.aclose()


async def test_closing_the_client_ends_a_tail(scripted: ScriptedService) -> None:
    scripted.script("TailBuildLogs", stream(lines(1), hold=True))
    client = AsyncClient(scripted.address)
    logs = client.builds.tail_build_logs("b1", follow=True)
    await anext(logs)
    await client.close()
    with pytest.raises(errors.ClientClosedError):
        await anext(logs)


class TestChanges:
    async def test_each_commit_comes_once(self, scripted: ScriptedService, client: AsyncClient) -> None:
        def commits(*revisions: int) -> list[StreamChangesResponse]:
            return [StreamChangesResponse(revision=revision) for revision in revisions]

        compacted = (grpc.StatusCode.OUT_OF_RANGE, "REVISION_COMPACTED")
        scripted.script(
            "StreamChanges",
            stream(*commits(5, 6), then=LOST),
            stream(*commits(6, 7)),
            stream(*commits(9), then=compacted),
        )
        feed = client.changes.stream_changes(4, tables=["builds"])
        assert [(await anext(feed)).revision for _ in range(4)] == [5, 6, 7, 9]
        with pytest.raises(errors.RevisionCompactedError):
            await anext(feed)
        assert [request.after_revision for request in scripted.requests["StreamChanges"]] == [4, 6, 7]
        assert list(scripted.requests["StreamChanges"][2].tables) == ["builds"]


class _Garbage:
    """Bytes that are no message, sent all the same."""

    def SerializeToString(self) -> bytes:
        return b"\xff\xff\xff"


GARBAGE: Any = _Garbage()


async def test_an_answer_that_can_not_be_read_is_an_error_of_ours(
    scripted: ScriptedService, client: AsyncClient
) -> None:
    async def garbage(_request: object, _context: Context) -> Any:
        return GARBAGE

    async def stream_of_garbage(_request: object, _context: Context) -> AsyncIterator[Any]:
        yield GARBAGE

    scripted.script("TailBuildLogs", stream_of_garbage)
    scripted.script("GetBuild", garbage)
    with pytest.raises(errors.InternalError, match="can't be read"):
        await tail(client)
    with pytest.raises(errors.InternalError, match="can't be read"):
        await client.builds.get_build("b1")
