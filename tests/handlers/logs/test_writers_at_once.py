"""Many write one log: calls of one writer that overlap, several writers, and clients that hang up in the middle."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest as Batch
from tests.deadline import within
from tests.entities import add_build, append, append_texts, entry, revision
from tests.handlers.kinds import on_all
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

numbers = itertools.count()


def batch(first: int, *texts: str, build_id: str = "build", writer_id: str = "writer") -> Batch:
    return Batch(build_id=build_id, writer_id=writer_id, first_entry=first, entries=map(entry, texts))


async def send(stub: Backend, batches: Iterable[Batch]) -> list[tuple[int, int]]:
    """Send batches without waiting; return what each was answered with."""
    call = stub.AppendBuildLogs(iter(batches))
    return await within(_answers(call))


async def _answers(call: Any) -> list[tuple[int, int]]:
    return [(answer.durable_entry, answer.last_seq) async for answer in call]


async def texts(stub: Backend, build_id: str = "build") -> list[str]:
    """Return the lines; their numbers must be without gaps."""
    call = stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id, include_debug=True))
    lines = [line async for message in call for line in message.build_logs]
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    return [line.content for line in lines]


@on_all
async def test_two_calls_of_one_writer_store_each_entry_once(stub: Backend) -> None:
    """As when a client comes back while its old call is still being read."""
    await add_build(stub)
    all_texts = [str(number) for number in range(1, 301)]
    batches = [batch(start, *all_texts[start - 1 : start + 9]) for start in range(1, 301, 10)]
    await asyncio.gather(*(send(stub, batches) for _ in range(3)))
    assert await texts(stub) == all_texts


@on_all
async def test_many_writers_at_once_each_keep_their_order(stub: Backend) -> None:
    await add_build(stub)

    async def slowly(name: str) -> AsyncIterator[Batch]:
        for first in range(1, 41, 2):
            yield batch(first, f"{name}{first}", f"{name}{first + 1}", writer_id=name)
            await asyncio.sleep(0)

    await asyncio.gather(*(within(_answers(stub.AppendBuildLogs(slowly(name)))) for name in "abcdef"))
    found = await texts(stub)
    for name in "abcdef":
        assert [text for text in found if text[0] == name] == [f"{name}{number}" for number in range(1, 41)]


@on_all
async def test_who_hangs_up_leaves_whole_batches_and_goes_on_from_there(stub: Backend) -> None:
    await add_build(stub)
    call = stub.AppendBuildLogs()
    for number in range(50):
        await call.write(batch(1 + number * 2, f"{number}a", f"{number}b"))
    answer = await within(call.read())
    assert isinstance(answer, pb.AppendBuildLogsResponse)
    call.cancel()
    with suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
        await call.code()
    durable = (await append(stub, [])).durable_entry
    assert durable % 2 == 0
    assert durable >= answer.durable_entry
    while True:  # what was on its way may still be written: a repeat is answered so
        again = await append(stub, map(entry, ("next a", "next b")), first=durable + 1)
        if again.durable_entry == durable + 2:
            break
        durable = again.durable_entry
    assert len(await texts(stub)) == durable + 2


async def test_what_changes_nothing_is_no_commit(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a", "b")
    before = await revision(stub)
    assert await send(stub, [batch(1, "a", "b"), batch(2, "b"), batch(1), batch(3)]) == [(2, 2)] * 4
    assert await revision(stub) == before


steps = st.lists(
    st.tuples(st.sampled_from("vw"), st.integers(-4, 0), st.lists(st.sampled_from(["", "a", "b"]), max_size=4)),
    max_size=12,
)


@given(steps)
@settings(max_examples=settings.default.max_examples // 2 if settings.default else 25)
async def test_whatever_is_repeated_the_log_is_what_the_writers_wrote(stub: Backend, steps: Any) -> None:
    """A model: the log is a list, a writer's count a number, and a batch may begin anywhere up to its end."""
    key = f"build-{next(numbers)}"
    await add_build(stub, key, project_id=key, scheme_id=key)
    counts: dict[str, int] = {"v": 0, "w": 0}
    log: list[str] = []
    batches: list[Batch] = []
    expected: list[tuple[int, int]] = []
    for writer, back, given_texts in steps:
        first = max(counts[writer] + 1 + back, 1)
        fresh = given_texts[counts[writer] + 1 - first :]
        log += fresh
        counts[writer] += len(fresh)
        batches.append(batch(first, *given_texts, build_id=key, writer_id=writer))
        expected.append((counts[writer], len(log)))
    assert await send(stub, batches) == expected
    assert await texts(stub, key) == log
