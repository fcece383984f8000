"""What may take long gives way: by the priority of its threads, and by how soon Python changes between them."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from millstream_service.store.database.lanes import THREADS, Lane, Lanes
from tests.deadline import patience, until, within

LONG = {Lane.LISTS, Lane.LONG_FIRST, Lane.SEARCHES, Lane.MESSAGES, Lane.UPKEEP}
LET_GO_SECONDS = 60


@asynccontextmanager
async def opened() -> AsyncIterator[Lanes]:
    opened = Lanes()
    try:
        yield opened
    finally:
        await within(asyncio.to_thread(opened.close))


class Priorities:
    """The system's priorities of threads, and who changed them to what."""

    def __init__(self, *, allowed: bool = True) -> None:
        self.allowed = allowed
        self.changed: dict[int, int] = {}

    def get(self, which: int, thread: int) -> int:
        assert (which, thread) == (os.PRIO_PROCESS, threading.get_native_id())
        return 3

    def set(self, which: int, thread: int, priority: int) -> None:
        assert (which, thread) == (os.PRIO_PROCESS, threading.get_native_id())
        if not self.allowed:
            raise PermissionError("not allowed")
        self.changed[thread] = priority

    def use(self, patch: pytest.MonkeyPatch, platform: str) -> "Priorities":
        patch.setattr(sys, "platform", platform)
        patch.setattr(os, "getpriority", self.get)
        patch.setattr(os, "setpriority", self.set)
        return self


@pytest.mark.parametrize("lane", Lane)
@pytest.mark.parametrize("platform", ["linux", "darwin"])
async def test_the_threads_of_what_may_take_long_have_a_lower_priority(
    monkeypatch: pytest.MonkeyPatch, lane: Lane, platform: str
) -> None:
    priorities = Priorities().use(monkeypatch, platform)
    async with opened() as all_lanes:
        thread = await within(all_lanes.run(lane, threading.get_native_id))
    assert priorities.changed == ({thread: 3 + 5} if lane in LONG and platform == "linux" else {})


async def test_a_lane_does_without_a_lower_priority_where_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    Priorities(allowed=False).use(monkeypatch, "linux")
    async with opened() as all_lanes:
        assert await within(all_lanes.run(Lane.SEARCHES, lambda: "found")) == "found"


@pytest.mark.parametrize("lane", Lane)
async def test_python_changes_between_threads_sooner_while_something_long_runs(lane: Lane) -> None:
    usual = sys.getswitchinterval()
    async with opened() as all_lanes:
        during = await within(all_lanes.run(lane, sys.getswitchinterval))
        assert (during < usual) == (lane in LONG)
        assert sys.getswitchinterval() == usual


async def test_python_changes_sooner_until_the_last_of_what_is_long_has_ended() -> None:
    usual = sys.getswitchinterval()
    begun, may_end = threading.Event(), threading.Event()

    def long() -> float:
        begun.set()
        assert may_end.wait(patience(LET_GO_SECONDS))
        return sys.getswitchinterval()

    async with opened() as all_lanes:
        first = asyncio.create_task(all_lanes.run(Lane.LISTS, long))
        try:
            await until(begun.is_set, "the first one to run")
            with pytest.raises(ZeroDivisionError):
                await within(all_lanes.run(Lane.SEARCHES, lambda: 1 / 0))
            assert sys.getswitchinterval() < usual, "one runs yet"
        finally:
            may_end.set()
        assert await within(first) < usual
    assert sys.getswitchinterval() == usual


@pytest.mark.parametrize("lane", Lane)
async def test_a_lane_runs_as_many_at_once_as_it_has_threads(lane: Lane) -> None:
    may_end = threading.Event()
    running: set[int] = set()

    def work() -> None:
        running.add(threading.get_native_id())
        assert may_end.wait(patience(LET_GO_SECONDS))

    async with opened() as all_lanes:
        tasks = [asyncio.create_task(all_lanes.run(lane, work)) for _ in range(THREADS[lane] + 1)]
        try:
            await until(lambda: len(running) == THREADS[lane], "all threads to be at work")
        finally:
            may_end.set()
        await within(asyncio.gather(*tasks))
    assert len(running) == THREADS[lane]


async def test_closing_waits_for_what_runs_and_begins_nothing_more() -> None:
    all_lanes, may_end, done = Lanes(), threading.Event(), list[str]()

    def work(name: str) -> Callable[[], None]:
        def run() -> None:
            done.append(f"{name} began")
            assert may_end.wait(patience(LET_GO_SECONDS))
            done.append(f"{name} ended")

        return run

    tasks = [asyncio.create_task(all_lanes.run(Lane.LISTS, work(name))) for name in ("first", "second")]
    await until(lambda: bool(done), "the first one to run")
    closing = asyncio.create_task(asyncio.to_thread(all_lanes.close))
    try:
        await until(tasks[1].done, "the second one to be given up")
    finally:
        may_end.set()
    await within(closing)
    assert done == ["first began", "first ended"]
    await within(tasks[0])
    assert tasks[1].cancelled()
