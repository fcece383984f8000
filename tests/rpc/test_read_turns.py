"""Messages of many streams are asked for in turns, and no client that sends nothing keeps the others from theirs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from millstream_service.rpc import read_turns
from millstream_service.rpc.read_turns import SMALL_MESSAGE, ReadTurns
from millstream_service.rpc.request_memory import RequestMemory, memory_of
from tests.deadline import until, within

LARGE = b"x" * (SMALL_MESSAGE + 1)


class Stream:
    """What a client sends, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self._messages: asyncio.Queue[bytes | None] = asyncio.Queue()

    def send(self, message: bytes | None) -> None:
        self._messages.put_nowait(message)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self.asked += 1
        message = await self._messages.get()
        if message is None:
            raise StopAsyncIteration
        return message


@pytest.fixture
def turns() -> ReadTurns:
    """One turn, and memory for a message and a half."""
    return ReadTurns(RequestMemory(memory_of(LARGE) * 3 // 2, memory_of(LARGE) * 9), turns=1)


def reading(turns: ReadTurns, stream: Stream, *, first: bool = True) -> "asyncio.Task[tuple[bytes, int]]":
    return asyncio.create_task(turns.read(stream, first=first))


async def test_a_first_message_is_asked_for_once_the_one_before_has_its_memory(
    turns: ReadTurns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_turns, "TURN_SECONDS", 60)
    streams = [Stream() for _ in range(3)]
    reads = [reading(turns, stream) for stream in streams]
    await until(lambda: streams[0].asked, "the first is asked")
    streams[0].send(LARGE)
    assert await within(reads[0]) == (LARGE, memory_of(LARGE))
    await until(lambda: streams[1].asked, "the second is asked")
    streams[1].send(LARGE)
    await until(lambda: turns.memory.is_short, "it waits for memory")
    assert streams[2].asked == 0
    turns.memory.give(memory_of(LARGE))
    await within(reads[1])
    await until(lambda: streams[2].asked, "the third is asked")
    streams[2].send(None)
    with pytest.raises(StopAsyncIteration):
        await within(reads[2])


async def test_who_sends_nothing_keeps_nobody(turns: ReadTurns) -> None:
    silent, other = Stream(), Stream()
    waiting = reading(turns, silent)
    await until(lambda: silent.asked, "the silent one is asked")
    other.send(b"small")
    assert await within(reading(turns, other)) == (b"small", 0)
    silent.send(b"at last")
    assert await within(waiting) == (b"at last", 0)


async def test_later_messages_need_no_turn_while_there_is_memory(turns: ReadTurns) -> None:
    streams = [Stream() for _ in range(3)]
    reads = [reading(turns, stream, first=False) for stream in streams]
    await until(lambda: all(stream.asked for stream in streams), "all are asked")
    for stream in streams:
        stream.send(b"small")
    await within(asyncio.gather(*reads))
