"""Reads that are shared: by those who ask in time, and by nobody else."""

import asyncio
import gc

import pytest

from millstream_service.errors import StoreBusyError
from millstream_service.reactive.shared_reads import SharedReads
from tests.deadline import until


class Store:
    """Returns a number that grows; each read waits until it may go on."""

    def __init__(self) -> None:
        self.newest = 0
        self.reads = 0
        self.may_go_on = asyncio.Event()

    async def read(self, key: str) -> tuple[str, int]:
        self.reads += 1
        seen = self.newest
        await self.may_go_on.wait()
        if key == "busy":
            raise StoreBusyError("the store is busy")
        return key, seen


async def test_those_who_ask_at_the_same_time_share_a_read() -> None:
    store = Store()
    store.may_go_on.set()
    shared = SharedReads(store.read)
    assert await asyncio.gather(*(shared.get(key) for key in "aabba")) == [(key, 0) for key in "aabba"]
    assert store.reads == 2


async def test_one_who_asks_once_a_read_has_begun_sees_what_came_since() -> None:
    store = Store()
    shared = SharedReads(store.read)
    early = asyncio.create_task(shared.get("a"))
    await until(lambda: store.reads == 1, "the first read to begin")
    store.newest = 1
    late = asyncio.create_task(shared.get("a"))
    await until(lambda: store.reads == 2, "the second read to begin")
    store.may_go_on.set()
    assert [await early, await late] == [("a", 0), ("a", 1)]


async def test_one_who_stops_waiting_ends_it_for_nobody_else() -> None:
    store = Store()
    shared = SharedReads(store.read)
    first, second = (asyncio.create_task(shared.get("a")) for _ in range(2))
    await until(lambda: store.reads == 1, "the read to begin")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    store.may_go_on.set()
    assert await second == ("a", 0)


async def test_an_error_reaches_all_and_is_not_kept() -> None:
    store = Store()
    store.may_go_on.set()
    shared = SharedReads(store.read)
    results = await asyncio.gather(shared.get("busy"), shared.get("busy"), return_exceptions=True)
    assert [type(result) for result in results] == [StoreBusyError, StoreBusyError]
    with pytest.raises(StoreBusyError):
        await shared.get("busy")
    assert store.reads == 2


async def test_an_error_that_nobody_waits_for_any_more_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    shared = SharedReads(store.read)
    waiting = asyncio.create_task(shared.get("busy"))
    await until(lambda: store.reads == 1, "the read to begin")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    store.may_go_on.set()
    del waiting
    await until(lambda: len(asyncio.all_tasks()) == 1, "the read to end")
    gc.collect()
    assert caplog.text == ""
