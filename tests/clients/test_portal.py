"""The bridge from blocking code to the event loop: results, errors, interruptions and ends come through."""

import asyncio
import gc
import itertools
import threading
from collections.abc import AsyncGenerator, Iterator

import pytest

from millstream.blocking.portal import Portal
from millstream.errors import ClientClosedError
from tests.deadline import patience


@pytest.fixture
def portal() -> Iterator[Portal]:
    portal = Portal()
    yield portal
    portal.stop()


class Source:
    """An endless count that knows how far it was read, and whether it was closed."""

    def __init__(self) -> None:
        self.read = 0
        self.closed = threading.Event()
        self.waits = asyncio.Event()

    async def count(self, stop_at: int | None = None) -> AsyncGenerator[int, None]:
        try:
            while stop_at is None or self.read < stop_at:
                self.read += 1
                yield self.read
        finally:
            self.closed.set()

    async def silence(self) -> AsyncGenerator[int, None]:
        try:
            yield 1
            await self.waits.wait()
        finally:
            self.closed.set()


class TestRun:
    def test_results_and_errors_come_through(self, portal: Portal) -> None:
        async def work(fail: bool) -> int:
            await asyncio.sleep(0)
            if fail:
                raise KeyError("x")
            return 7

        assert portal.run(work(fail=False)) == 7
        with pytest.raises(KeyError):
            portal.run(work(fail=True))

    def test_many_threads_may_call(self, portal: Portal) -> None:
        async def echo(value: int) -> int:
            await asyncio.sleep(0)
            return value

        answers: list[int] = []
        threads = [threading.Thread(target=lambda v=v: answers.append(portal.run(echo(v)))) for v in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == list(range(20))

    def test_on_its_own_thread_it_refuses_to_wait_for_itself(self, portal: Portal) -> None:
        async def inside() -> None:
            portal.run(asyncio.sleep(0))

        with pytest.raises(RuntimeError, match="own event loop thread"):
            portal.run(inside())

    def test_after_stop_it_is_closed(self, portal: Portal) -> None:
        portal.run(asyncio.sleep(0))
        portal.stop()
        portal.stop()
        with pytest.raises(ClientClosedError):
            portal.run(asyncio.sleep(0))

    def test_who_waits_when_it_stops_hears_of_it(self, portal: Portal) -> None:
        started, outcome = threading.Event(), []

        async def hang() -> None:
            started.set()
            await asyncio.Event().wait()

        def call() -> None:
            try:
                portal.run(hang())
            except ClientClosedError as error:
                outcome.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        assert started.wait(patience(10))
        portal.stop()
        thread.join()
        assert len(outcome) == 1


class TestIterate:
    @pytest.mark.parametrize("ahead", [0, 1, 100])
    def test_all_comes_through_in_order(self, portal: Portal, ahead: int) -> None:
        source = Source()
        assert list(portal.iterate(source.count(1_000), ahead)) == list(range(1, 1_001))
        assert source.closed.is_set()

    def test_nothing_is_read_before_it_is_wanted(self, portal: Portal) -> None:
        source = Source()
        values = portal.iterate(source.count())
        assert source.read == 0
        for expected in (1, 2, 3):
            assert next(values) == expected
            portal.run(asyncio.sleep(0))
            assert source.read == expected
        values.close()

    def test_it_is_read_ahead_so_far_and_no_further(self, portal: Portal) -> None:
        source = Source()
        values = portal.iterate(source.count(), ahead=10)
        taken = list(itertools.islice(values, 5))
        for _ in range(100):
            portal.run(asyncio.sleep(0))
        assert taken == [1, 2, 3, 4, 5]
        assert source.read <= 5 + 2 * 10 + 1
        values.close()

    @pytest.mark.parametrize("ahead", [0, 10])
    def test_errors_come_after_what_was_read(self, portal: Portal, ahead: int) -> None:
        async def source() -> AsyncGenerator[int, None]:
            yield 1
            yield 2
            raise KeyError("x")

        values = portal.iterate(source(), ahead)
        assert [next(values), next(values)] == [1, 2]
        with pytest.raises(KeyError):
            next(values)

    def test_closing_it_closes_the_source_at_once(self, portal: Portal) -> None:
        source = Source()
        values = portal.iterate(source.silence(), ahead=3)
        assert next(values) == 1
        values.close()
        assert source.closed.wait(patience(10))

    def test_leaving_a_loop_closes_it(self, portal: Portal) -> None:
        source = Source()
        for value in portal.iterate(source.count()):
            if value == 3:
                break
        assert source.closed.wait(patience(10))

    def test_it_can_be_collected_on_the_loop_itself(self, portal: Portal) -> None:
        source = Source()
        held = [portal.iterate(source.count())]
        assert next(held[0]) == 1

        async def drop() -> None:
            held.clear()
            gc.collect()

        portal.run(drop())
        assert source.closed.wait(patience(10))

    def test_who_waits_for_a_value_when_it_stops_hears_of_it(self, portal: Portal) -> None:
        source, outcome = Source(), []
        values = portal.iterate(source.silence())
        assert next(values) == 1

        def wait() -> None:
            try:
                next(values)
            except ClientClosedError as error:
                outcome.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        portal.stop()
        thread.join()
        assert len(outcome) == 1
        assert source.closed.is_set()

    def test_after_stop_it_does_not_begin(self, portal: Portal) -> None:
        portal.stop()
        source = Source()
        with pytest.raises(ClientClosedError):
            next(portal.iterate(source.count()))
        assert source.read == 0


class PollerCompletionQueue:
    """Fails as gRPC's does, of the same name, where an event is of a loop that is closed."""

    def _handle_events(self) -> None:
        raise RuntimeError("Event loop is closed")


def test_what_comes_too_late_for_a_closed_client_is_not_reported(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    async def goes_on() -> str:
        loop = asyncio.get_running_loop()
        loop.call_soon(PollerCompletionQueue()._handle_events)
        loop.call_soon(lambda: int("else"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return "here"

    assert portal.run(goes_on()) == "here"
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ValueError
