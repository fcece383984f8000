"""Which calls are under way: how many there may be, which stand still, and how they end when the service does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic

import pytest

from millstream_service.background import Supervisor
from millstream_service.errors import (
    MillstreamServiceError,
    ShuttingDownError,
    SlowReaderError,
    StoreUnavailableError,
    TooManyStreamsError,
)
from millstream_service.rpc import calls as calls_module
from millstream_service.rpc.calls import Calls, OpenCall
from tests.deadline import until, within


@pytest.fixture
async def calls(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Calls]:
    monkeypatch.setattr(calls_module, "_SWEEP_SECONDS", 0.01)
    calls = Calls(max_streams=3, max_streams_of_one=2, slow_reader_seconds=0.05, supervisor=Supervisor())
    calls.start()
    yield calls
    await calls.close()


class Running:
    """A call that lasts until it is ended from outside, or let go."""

    def __init__(self, calls: Calls, *, streams: bool = True, only_reads: bool = True, connection: str = "") -> None:
        self.let_go = asyncio.Event()
        self.call: OpenCall | None = None
        self.task = asyncio.create_task(self._run(calls, streams, only_reads, connection))

    async def _run(self, calls: Calls, streams: bool, only_reads: bool, connection: str) -> None:
        stream = calls.stream(only_reads=only_reads, connection=connection)
        with stream if streams else calls.unary() as self.call:
            await self.let_go.wait()

    async def error(self) -> MillstreamServiceError | None:
        """Wait for the end; return what it was ended with."""
        try:
            await within(self.task)
        except MillstreamServiceError as error:
            return error
        return None


async def begun(*running: Running) -> None:
    await until(lambda: all(one.call for one in running), "they are under way")


async def test_there_are_so_many_streams_and_no_more(calls: Calls) -> None:
    streams = [Running(calls) for _ in range(3)]
    await begun(*streams)
    assert calls.streams == 3
    refused = await Running(calls).error()
    assert isinstance(refused, TooManyStreamsError)
    assert refused.metadata == {"limit": "3"}
    unary = Running(calls, streams=False)
    await begun(unary)
    unary.let_go.set()
    assert await unary.error() is None, "other calls are not counted"
    streams[0].let_go.set()
    assert await streams[0].error() is None
    again = Running(calls)
    await begun(again)
    for one in (*streams, again):
        one.let_go.set()
        await one.error()
    assert calls.streams == 0


async def test_one_client_has_so_many_streams_and_no_more(calls: Calls) -> None:
    own = [Running(calls, connection="a") for _ in range(2)]
    await begun(*own)
    refused = await Running(calls, connection="a").error()
    assert isinstance(refused, TooManyStreamsError)
    assert refused.metadata == {"limit": "2"}
    others = Running(calls, connection="b")
    await begun(others)
    own[0].let_go.set()
    assert await own[0].error() is None
    again = Running(calls, connection="a")
    await begun(again)
    for one in (own[1], others, again):
        one.let_go.set()
        await one.error()


async def test_a_stream_whose_client_takes_nothing_is_ended(calls: Calls) -> None:
    slow, idle = Running(calls), Running(calls)
    await begun(slow, idle)
    assert slow.call is not None
    slow.call.waiting_since = monotonic()
    error = await slow.error()
    assert isinstance(error, SlowReaderError)
    assert error.metadata == {"seconds": "0.05"}
    assert not idle.task.done(), "one that has nothing to send is not slow"
    idle.let_go.set()
    await idle.error()


async def test_a_unary_call_that_takes_too_long_is_ended(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "UNARY_SECONDS", 0.05)
    assert isinstance(await Running(calls, streams=False).error(), StoreUnavailableError)


async def test_who_only_reads_is_ended_at_once_and_who_writes_may_finish(calls: Calls) -> None:
    reads, writes, unary = Running(calls), Running(calls, only_reads=False), Running(calls, streams=False)
    await begun(reads, writes, unary)
    draining = asyncio.create_task(calls.drain(20))
    assert isinstance(await reads.error(), ShuttingDownError)
    assert not writes.task.done()
    assert not unary.task.done()
    for streams in (True, False):
        assert isinstance(await Running(calls, streams=streams).error(), ShuttingDownError), "there are no new ones"
    assert not draining.done()
    for one in (writes, unary):
        one.let_go.set()
        assert await one.error() is None
    await within(draining)


async def test_who_does_not_finish_in_time_is_ended_too(calls: Calls) -> None:
    writes = Running(calls, only_reads=False)
    await begun(writes)
    await within(calls.drain(0.01))
    assert isinstance(await writes.error(), ShuttingDownError)


async def test_a_client_that_cancels_is_not_an_error_of_ours(calls: Calls) -> None:
    running = Running(calls)
    await begun(running)
    running.task.cancel()
    with suppress(asyncio.CancelledError):
        await running.task
    assert running.task.cancelled()
    assert calls.streams == 0


async def test_a_call_is_ended_for_the_first_reason_alone(calls: Calls) -> None:
    running = Running(calls)
    await begun(running)
    assert running.call is not None
    running.call.end(SlowReaderError(1))
    running.call.end(ShuttingDownError())
    assert isinstance(await running.error(), SlowReaderError)
