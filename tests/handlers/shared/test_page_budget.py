"""The budget for the pages of tails: few have it at a time, and who takes nothing makes room for who waits."""

import asyncio
from collections.abc import Iterator

import pytest

from millstream_service.handlers.shared import page_budget as rooms
from millstream_service.handlers.shared.page_budget import PageBudget, Slot
from tests.deadline import patience, until, within

TWO = [(b"one", 1), (b"two", 2)]


@pytest.fixture(autouse=True)
def one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SLOTS", 1)
    monkeypatch.setattr(rooms, "BLOCKED_SECONDS", 0.01)


def filled(slot: Slot) -> Iterator[tuple[bytes, int]]:
    slot.fill(iter(TWO))
    return slot.sending()


async def test_messages_come_in_order_with_their_last_lines() -> None:
    async with PageBudget().slot() as slot:
        assert list(filled(slot)) == TWO
        assert not slot.lost


async def test_who_takes_nothing_loses_its_place_to_who_waits() -> None:
    page_budget = PageBudget()
    async with page_budget.slot() as blocked:
        sending = filled(blocked)
        assert next(sending) == (b"one", 1)  # and the client does not take it
        async with asyncio.timeout(patience(10)), page_budget.slot() as other:
            assert (blocked.lost, other.lost) == (True, False)
            assert list(sending) == [], "what was not sent is not in memory any more"
            assert list(filled(other)) == TWO


async def test_while_nobody_waits_nobody_loses_anything() -> None:
    page_budget = PageBudget()
    async with page_budget.slot() as slot:
        sending = filled(slot)
        next(sending)
        await page_budget._change()  # longer than what makes it blocked
        await page_budget._change()
        assert (slot.lost, page_budget.crowded) == (False, False)
        assert list(sending) == [(b"two", 2)]


async def test_who_sends_keeps_its_place_until_it_leaves() -> None:
    page_budget = PageBudget()
    async with page_budget.slot() as slot:
        waiting = asyncio.create_task(_enter(page_budget))
        await until(lambda: page_budget.crowded, "the other waits")
        for _ in range(3):
            await page_budget._change()
        assert not slot.lost
    await within(waiting)
    assert not page_budget.crowded


async def test_who_stops_waiting_leaves_nothing_behind() -> None:
    page_budget = PageBudget()
    async with page_budget.slot():
        waiting = asyncio.create_task(_enter(page_budget))
        await until(lambda: page_budget.crowded, "the other waits")
        waiting.cancel()
        await until(lambda: not page_budget.crowded, "it waits no more")
    await within(_enter(page_budget))


async def _enter(page_budget: PageBudget) -> None:
    async with page_budget.slot():
        pass
