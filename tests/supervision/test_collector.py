"""Garbage of a service is collected between instructions alone, and in time."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from millstream_service import collector
from millstream_service.background import Supervisor
from millstream_service.collector import Collector
from tests.deadline import until
from tests.running import running

DATABASE = "sqlite:///:memory:"


class Garbage:
    """Refers to itself, and counts its like that were collected."""

    def __init__(self, gone: list[None]) -> None:
        self.me = self
        self._gone = gone

    def __del__(self) -> None:
        self._gone.append(None)


@pytest.fixture
def limits() -> Iterator[None]:
    """Have ten objects be enough, and two rounds."""
    usual = gc.get_threshold()
    gc.set_threshold(10, 2, 2)
    yield
    gc.set_threshold(*usual)


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "NEEDED", True)
    monkeypatch.setattr(collector, "SECONDS", 0.01)


async def test_no_instruction_that_makes_objects_collects() -> None:
    gone: list[None] = []
    async with running(DATABASE):
        Garbage(gone)
        counts = list(zip(range(100_000), iter(gone.__len__, -1), strict=False))  # nothing in it is written in Python
        assert counts[0][1] == counts[-1][1]


async def test_garbage_of_a_service_goes_in_time(needed: None, limits: None) -> None:
    gone: list[None] = []
    async with running(DATABASE):
        kept: list[Any] = [Garbage(gone)]
        gc.collect()
        del kept[:]  # it has grown old by then

        def collected() -> bool:
            kept.extend([] for _ in range(1_000))  # as much as it takes until all is looked through
            return bool(gone)

        await until(collected, "what was old is collected, too")


async def test_python_collects_by_itself_before_and_after(needed: None) -> None:
    assert gc.isenabled()
    async with running(DATABASE):
        async with running(DATABASE):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


async def test_who_collects_nothing_goes_on_so(needed: None) -> None:
    gc.disable()
    try:
        async with running(DATABASE):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


async def test_a_python_that_collects_between_instructions_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "NEEDED", False)
    async with running(DATABASE):
        assert gc.isenabled()


@pytest.mark.parametrize("threshold", [0, 1_000_000])
async def test_what_is_little_is_left(threshold: int, limits: None) -> None:
    gc.disable()
    try:
        gone: list[None] = []
        Garbage(gone)
        made: list[list[None]] = [[] for _ in range(100)]
        gc.set_threshold(threshold)
        Collector(Supervisor())._collect()
        assert made
        assert not gone
        gc.set_threshold(10)
        Collector(Supervisor())._collect()
        assert gone
    finally:
        gc.enable()
