"""From a commit to those who watch."""

from collections.abc import Iterator, Sequence

from tests.load.bench import Bench, recorded
from tests.load.figures.streams.updates import Updated, Updates
from tests.load.measures import Line, Times, alternate
from tests.load.processes import floor

_PROCESSES = 2
_SUBSCRIBERS = 1_000
_PAUSE = 0.05
_PROMISE = 0.003
_MAX_OF_MANY = 1.2


class Latency:
    """How long it takes from a commit to its arrival at a subscriber, with 1 and with 1,000 of them.

    It begins with `committed_at`, as the feed has it: before the commit is on the disk, and nobody hears of it earlier.
    Beside it, from the sending of the update, with which the update itself counts as well. As in `fan-out`, but with
    50 ms between an update's last arrival and the next update, so that each finds the service at rest. What is compared
    is the median over all deliveries.

    The floor is the bare fan-out of the same bytes, which begins when the bare server has them. One subscriber is also
    held against a plain promise: 3 ms.
    """

    name = "latency"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it with one subscriber and with many."""
        crew = bench.crew.of(1 + _PROCESSES)
        with (
            bench.service() as service,
            recorded(service, 1) as (_, [build]),
            floor("fanning-out") as bare,
        ):
            for subscribers in (1, bench.scaled(_SUBSCRIBERS, least=10)):
                updates = Updates(bench, crew, build, subscribers, _PAUSE)
                size = updates.of(service).size
                floors, figures = alternate(
                    bench.rounds,
                    lambda updates=updates, size=size: updates.bare(bare, size),  # type: ignore[misc]
                    lambda updates=updates: updates.of(service),  # type: ignore[misc]
                )
                yield from _lines(subscribers, floors, figures)


def _lines(subscribers: int, floors: Sequence[Updated], figures: Sequence[Updated]) -> Iterator[Line]:
    whom = f"client, {subscribers:,} subscriber{'s' * (subscribers > 1)}"
    since_commit, floor_times = (Times.of_all(one.since_commit for one in some) for some in (figures, floors))
    target = _MAX_OF_MANY if subscribers > 1 else None
    yield _line(f"commit to {whom}", subscribers, floor_times, since_commit, target)
    if subscribers == 1:
        value = 1000 * since_commit.p50
        yield Line(f"commit to {whom}", " ms", value, 1000 * _PROMISE, "the promise", 1.0, most=True)
    times, floor_times = (Times.of_all(one.times for one in some) for some in (figures, floors))
    yield _line(f"update to {whom}", subscribers, floor_times, times)


def _line(name: str, subscribers: int, floor_times: Times, times: Times, target: float | None = None) -> Line:
    return Line(
        name,
        " ms",
        1000 * times.p50,
        1000 * floor_times.p50,
        "bare fan-out",
        target,
        most=True,
        times=times,
        floor_times=floor_times,
        count=subscribers,
    )
