"""Lists of more than 10,000 ids over the wire: in parts, each small enough, and a token for the whole alone."""

import itertools
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1.position_pb2 import StreamOptions
from tests.entities import add_build, append, entry
from tests.recorder import Recorder
from tests.stubs import Backend

PART = 10_000
Response = pb.StreamBuildLogIdsResponse


async def add_lines(stub: Backend, count: int, first: int = 1) -> int:
    """Append so many lines; return the number of the last one."""
    last = 0
    for start in range(first, first + count, PART):
        size = min(PART, first + count - start)
        last = (await append(stub, itertools.repeat(entry("x"), size), first=start)).last_seq
    return last


def watching(stub: Backend, token: bytes = b"", *, extended: bool = False) -> Recorder[Response]:
    options = StreamOptions(resume_token=token, append=extended)
    return Recorder(stub.StreamBuildLogIds(pb.StreamBuildLogIdsRequest(build_id="build", options=options)))


async def value_of(recorder: Recorder[Response], before: list[str] | None = None) -> tuple[list[str], bytes]:
    """Put the parts of the next value together; return it and its token, which comes with the last part."""
    parts = [await recorder.next()]
    while not parts[-1].position.resume_token:  # half a list has none: who breaks off here begins anew
        assert 0 < len(parts[-1].build_log_ids) <= PART
        assert parts[-1].ByteSize() < 1.1 * (1 << 20)
        parts.append(await recorder.next())
    assert all(part.position.append for part in parts[1:])
    assert len({part.position.revision for part in parts}) == 1
    begin = before if before is not None and parts[0].position.append else []
    return begin + [key for part in parts for key in part.build_log_ids], parts[-1].position.resume_token


def ids(first: int, last: int) -> list[str]:
    return [f"build/{seq}" for seq in range(first, last + 1)]


@pytest.mark.parametrize("count", [PART - 1, PART, PART + 1, 2 * PART])
async def test_a_long_list_comes_in_parts(stub: Backend, count: int) -> None:
    await add_build(stub)
    await add_lines(stub, count)
    async with watching(stub) as recorder:
        value, token = await value_of(recorder)
        assert value == ids(1, count)
        await add_lines(stub, 1, count + 1)
        value, _ = await value_of(recorder)
        assert value == ids(1, count + 1), "it did not ask for tails"
    async with watching(stub, token, extended=True) as recorder:
        tail = await recorder.next()
        assert (tail.position.append, list(tail.build_log_ids)) == (True, ids(count + 1, count + 1))


async def test_a_long_list_grows_by_its_tail(stub: Backend) -> None:
    await add_build(stub)
    await add_lines(stub, PART + 5)
    async with watching(stub, extended=True) as recorder:
        value, token = await value_of(recorder)
        await add_lines(stub, PART, PART + 6)
        value, token = await value_of(recorder, value)
        while len(value) < 2 * PART + 5:
            value, token = await value_of(recorder, value)
        assert value == ids(1, 2 * PART + 5)
        await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="build"))
        value, _ = await value_of(recorder, value)
        assert value == []
    async with watching(stub, token, extended=True) as recorder:
        emptied = await recorder.next()
        assert (emptied.position.append, list(emptied.build_log_ids)) == (False, [])


async def test_unchanged_is_one_message_however_long_the_list(stub: Backend) -> None:
    await add_build(stub)
    await add_lines(stub, PART + 5)
    async with watching(stub) as recorder:
        _, token = await value_of(recorder)
    async with watching(stub, token) as recorder:
        message = await recorder.next()
        assert message.position.unchanged
        assert not message.build_log_ids
        await add_lines(stub, 1, PART + 6)
        value, _ = await value_of(recorder)
        assert value == ids(1, PART + 6)


async def test_a_filtered_list_grows_by_its_tail_too(stub: Backend) -> None:
    await add_build(stub)
    some: list[Any] = [entry(level="BUILD_LOG_LEVEL_DEBUG"), entry(category="stderr"), entry()]
    await append(stub, some)
    request = pb.StreamBuildLogIdsRequest(build_id="build", category="stderr", options=StreamOptions(append=True))
    async with Recorder[Response](stub.StreamBuildLogIds(request)) as recorder:
        assert list((await recorder.next()).build_log_ids) == ["build/2"]
        await append(stub, some, first=4)
        grown = await recorder.next()
        assert (grown.position.append, list(grown.build_log_ids)) == (True, ["build/5"])


async def test_a_list_of_the_longest_ids_is_taken_by_any_client(stub: Backend) -> None:
    key = "🙂" * 255
    await add_build(stub, key)
    await append(stub, itertools.repeat(entry("x"), PART), build_id=key)
    async with Recorder[Response](stub.StreamBuildLogIds(pb.StreamBuildLogIdsRequest(build_id=key))) as recorder:
        value, _ = await value_of(recorder)
    assert value == [f"{key}/{seq}" for seq in range(1, PART + 1)]
