"""The memory of requests in hand is bounded: what does not fit waits its turn, and not for ever."""

import asyncio

import pytest

from millstream_service.errors import StoreBusyError
from millstream_service.rpc import request_memory
from millstream_service.rpc.request_memory import RequestMemory
from tests.deadline import until, within


async def begun(memory: RequestMemory, *sizes: int) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(memory.take(size)) for size in sizes]
    await asyncio.sleep(0)
    return tasks


async def test_what_fits_goes_in_at_once() -> None:
    memory = RequestMemory(100, 100)
    await memory.take(60)
    await memory.take(40)
    assert not memory.take_at_once(1)
    memory.give(1)
    assert memory.take_at_once(1)


async def test_others_wait_in_order_and_a_small_one_does_not_overtake() -> None:
    memory = RequestMemory(100, 200)
    await memory.take(100)
    large, small = await begun(memory, 90, 10)
    memory.give(20)
    assert not memory.take_at_once(1), "those that wait are first"
    assert not large.done()
    assert not small.done()
    memory.give(70)
    await within(large)
    assert not small.done()
    memory.give(10)
    await within(small)


async def test_too_many_that_wait_are_refused_at_once() -> None:
    memory = RequestMemory(100, 100)
    await memory.take(100)
    waiting = await begun(memory, 100)
    with pytest.raises(StoreBusyError) as caught:
        await memory.take(1)
    assert caught.value.retry_after_seconds
    memory.give(100)
    await within(waiting[0])
    memory.give(100)
    await memory.take(100)


async def test_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_memory, "WAIT_SECONDS", 0.01)
    memory = RequestMemory(100, 100)
    await memory.take(100)
    with pytest.raises(StoreBusyError):
        await within(memory.take(100))
    memory.give(100)
    assert memory.take_at_once(100), "who was refused has taken nothing"


async def test_who_leaves_lets_the_next_one_in() -> None:
    memory = RequestMemory(100, 200)
    await memory.take(50)
    large, small = await begun(memory, 100, 50)
    large.cancel()
    await within(small)
    memory.give(100)
    assert memory.take_at_once(100)


async def test_who_is_cancelled_in_its_turn_gives_back() -> None:
    memory = RequestMemory(100, 200)
    await memory.take(100)
    [waiting] = await begun(memory, 100)
    memory.give(100)
    waiting.cancel()
    await until(waiting.done, "it has left")
    assert memory.take_at_once(100)
