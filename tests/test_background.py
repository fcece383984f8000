"""Supervision: what fails is begun afresh, what fails for good is the end, and nothing of it is silent."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import ServiceFailedError
from tests.deadline import until, within


@pytest.fixture
async def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(background, "FIRST_PAUSE_SECONDS", 0.001)
    return Supervisor()


class Failing:
    """Work that fails so many times, and goes on for ever after that."""

    def __init__(self, times: int, error: BaseException | None = None) -> None:
        self.times = times
        self.error = error or RuntimeError("by and large")
        self.begun = 0
        self.going_on = asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        if self.begun <= self.times:
            raise self.error
        self.going_on.set()
        await asyncio.Event().wait()


async def test_what_fails_is_begun_afresh(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    work = Failing(times=background.MAX_FAILURES)
    task = supervisor.start(work.run, "work")
    await within(work.going_on.wait())
    assert supervisor.well
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * background.MAX_FAILURES
    await background.stop(task)


async def test_what_fails_again_and_again_ends_the_service(supervisor: Supervisor) -> None:
    work = Failing(times=1000)
    supervisor.start(work.run, "work")
    with pytest.raises(ServiceFailedError, match="the service has failed: work: RuntimeError: by and large") as failed:
        await within(supervisor.until(asyncio.Event()))
    assert not supervisor.well
    assert failed.value.__cause__ is work.error
    assert work.begun == background.MAX_FAILURES + 1


async def test_failures_long_ago_are_forgotten(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "WELL_SECONDS", 0.0)
    work = Failing(times=3 * background.MAX_FAILURES)
    task = supervisor.start(work.run, "work")
    await within(work.going_on.wait())
    assert supervisor.well
    await background.stop(task)


async def test_a_cancellation_from_elsewhere_is_a_failure(supervisor: Supervisor) -> None:
    work = Failing(times=1, error=asyncio.CancelledError())
    task = supervisor.start(work.run, "work")
    await within(work.going_on.wait())
    await background.stop(task)
    assert task.cancelled()


async def test_work_that_is_done_is_no_failure(supervisor: Supervisor) -> None:
    async def done() -> None: ...

    await within(supervisor.start(done, "work"))
    assert supervisor.well


async def test_what_fails_while_it_is_stopped_is_logged(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    begun = asyncio.Event()

    async def run() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise RuntimeError("the lid is stuck")

    task = supervisor.start(run, "work")
    await within(begun.wait())
    await within(background.stop(task))
    assert "the lid is stuck" in caplog.text


async def test_a_problem_comes_and_goes(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        supervisor.report("store", "the file has gone")
        assert not supervisor.well
    assert len(caplog.records) == 1, "it is logged once"
    supervisor.report("store", None)
    assert supervisor.well


async def test_a_stop_is_no_error(supervisor: Supervisor) -> None:
    stop = asyncio.Event()
    stop.set()
    await within(supervisor.until(stop))


@pytest.fixture
async def watching(supervisor: Supervisor) -> AsyncIterator[Supervisor]:
    with supervisor.watching_callbacks():
        yield supervisor
    assert asyncio.get_running_loop().get_exception_handler() is None


async def test_a_callback_of_ours_that_fails_ends_the_service(watching: Supervisor) -> None:
    unhashable: Any = []
    asyncio.get_running_loop().call_soon(watching.report, unhashable, "a problem")
    with pytest.raises(ServiceFailedError, match="a callback: TypeError"):
        await within(watching.until(asyncio.Event()))


async def test_what_others_do_wrong_in_the_event_loop_is_logged(
    watching: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("of others")

    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: 1 // 0)
    task = loop.create_task(fail())
    await until(task.done, "it has failed")
    del task
    await until(lambda: "division" in caplog.text and "of others" in caplog.text, "both were logged")
    assert watching.well
