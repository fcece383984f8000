"""Several streams in one: each whole and in order, in turns, at the pace of the reader; and none outlives another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing

import pytest

from millstream_service.reactive.merging import Send, Source, merge
from millstream_service.reactive.observatory import Delivery
from tests.deadline import until, within
from tests.reactive.observing import Counted, Message, Sky, count, sky


@pytest.fixture
async def it(database_url: str) -> AsyncIterator[Sky]:
    async with sky(database_url) as it:
        yield it


def of(*messages: bytes, last: bytes = b"end") -> Source:
    """Return a source that has all of its messages at once."""

    async def source(send: Send) -> bytes:
        for message in messages:
            await send(message)
        return last

    return source


async def endless(send: Send) -> bytes:
    while True:
        await send(b"more")


def waiting(ended: list[str]) -> Callable[[Send], Awaitable[bytes]]:
    """Return a source that has nothing to say, and notes its end."""

    async def source(_send: Send) -> bytes:
        try:
            return await asyncio.Event().wait() and b""
        finally:
            ended.append("ended")

    return source


async def all_of(sources: Sequence[Source]) -> list[bytes]:
    return [message async for message in merge(sources)]


async def some_of(messages: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await within(anext(messages)) for _ in range(count)]


async def test_each_comes_whole_and_in_order_and_the_last_ends_it() -> None:
    sources = [of(*(b"%d%c" % (number, key) for number in range(9)), last=b"%c" % key) for key in b"abc"]
    messages = await within(all_of(sources))
    for key in (b"a", b"b", b"c"):
        assert [message[:-1] for message in messages if message.endswith(key)] == [*(b"%d" % n for n in range(9)), b""]
    assert await within(all_of([])) == []


async def test_sources_take_turns_though_one_always_has_more() -> None:
    async with aclosing(merge([endless, of(b"1", b"2", b"3", last=b"4")])) as merged:
        messages = await some_of(merged, 20)
    assert [message for message in messages if message != b"more"] == [b"1", b"2", b"3", b"4"]
    assert messages[:8].count(b"more") == 4


async def test_a_source_waits_until_its_message_was_taken() -> None:
    sent: list[int] = []

    async def counting(send: Send) -> bytes:
        for number in range(9):
            sent.append(number)
            await send(b"%d" % number)
        return b"end"

    async with aclosing(merge([counting, counting])) as merged:
        await some_of(merged, 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert sent == [0, 0], "the first is taken once its reader comes back for another"
        await some_of(merged, 1)
        await until(lambda: sent == [0, 0, 1], "one goes on")


async def test_a_slow_reader_of_snapshots_skips_to_the_newest(it: Sky) -> None:
    query = Counted(count).query

    async def source(send: Send) -> bytes:
        async with aclosing(it.observatory.subscribe(query, Delivery())) as messages:  # type: ignore[type-var]
            async for message in messages:
                await send(message)
        return b""

    quick = it.watch(query)
    async with aclosing(merge([source, source])) as merged:
        await some_of(merged, 2)
        for number in range(20):
            await it.add(f"p{number}")
            await quick.shows(b"%d" % (number + 1))
        rest = [Message.parse(message).data for message in await some_of(merged, 3)]
    assert sorted(rest) == [b"1", b"20", b"20"], "the one that waited already, and the newest"
    await quick.leave()


async def test_one_that_fails_after_all_ends_all() -> None:
    ended: list[str] = []

    async def failing(send: Send) -> bytes:
        await send(b"one")
        raise KeyError("a fault")

    async with aclosing(merge([waiting(ended), failing, waiting(ended)])) as merged:
        assert await some_of(merged, 1) == [b"one"]
        with pytest.raises(RuntimeError) as caught:
            await within(anext(merged))
    assert isinstance(caught.value.__cause__, KeyError)
    assert ended == ["ended"] * 2


async def test_one_that_is_cancelled_from_elsewhere_does_not_end_in_silence() -> None:
    tasks: list[asyncio.Task[None] | None] = []

    async def cancelled(send: Send) -> bytes:
        tasks.append(asyncio.current_task())
        await send(b"one")
        return await asyncio.Event().wait() and b""

    async with aclosing(merge([cancelled])) as merged:
        await some_of(merged, 1)
        assert tasks[0] is not None
        tasks[0].cancel()
        with pytest.raises(RuntimeError):
            await within(anext(merged))


async def test_whoever_leaves_ends_all_sources() -> None:
    ended: list[str] = []
    before = asyncio.all_tasks()
    async with aclosing(merge([endless, waiting(ended), waiting(ended)])) as merged:
        await some_of(merged, 3)
        assert len(asyncio.all_tasks() - before) == 3
    assert ended == ["ended"] * 2
    assert asyncio.all_tasks() == before
