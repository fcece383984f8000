"""Room for the pages of tails: few have it at a time, and who takes nothing makes room for who waits."""

import asyncio
from collections.abc import Iterator

import pytest

from millstream_service.handlers import room as rooms
from millstream_service.handlers.room import Place, Room
from tests.deadline import patience, until, within

TWO = [(b"one", 1), (b"two", 2)]


@pytest.fixture(autouse=True)
def one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "PLACES", 1)
    monkeypatch.setattr(rooms, "BLOCKED_SECONDS", 0.01)


def filled(place: Place) -> Iterator[tuple[bytes, int]]:
    place.fill(iter(TWO))
    return place.sending()


async def test_messages_come_in_order_with_their_last_lines() -> None:
    async with Room().place() as place:
        assert list(filled(place)) == TWO
        assert not place.lost


async def test_who_takes_nothing_loses_its_place_to_who_waits() -> None:
    room = Room()
    async with room.place() as blocked:
        sending = filled(blocked)
        assert next(sending) == (b"one", 1)  # and the client does not take it
        async with asyncio.timeout(patience(10)), room.place() as other:
            assert (blocked.lost, other.lost) == (True, False)
            assert list(sending) == [], "what was not sent is not in memory any more"
            assert list(filled(other)) == TWO


async def test_while_nobody_waits_nobody_loses_anything() -> None:
    room = Room()
    async with room.place() as place:
        sending = filled(place)
        next(sending)
        await room._change()  # longer than what makes it blocked
        await room._change()
        assert (place.lost, room.crowded) == (False, False)
        assert list(sending) == [(b"two", 2)]


async def test_who_sends_keeps_its_place_until_it_leaves() -> None:
    room = Room()
    async with room.place() as place:
        waiting = asyncio.create_task(_enter(room))
        await until(lambda: room.crowded, "the other waits")
        for _ in range(3):
            await room._change()
        assert not place.lost
    await within(waiting)
    assert not room.crowded


async def test_who_stops_waiting_leaves_nothing_behind() -> None:
    room = Room()
    async with room.place():
        waiting = asyncio.create_task(_enter(room))
        await until(lambda: room.crowded, "the other waits")
        waiting.cancel()
        await until(lambda: not room.crowded, "it waits no more")
    await within(_enter(room))


async def _enter(room: Room) -> None:
    async with room.place():
        pass
