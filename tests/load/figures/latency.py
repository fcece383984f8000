"""From a commit to those who watch."""

from collections.abc import Iterator

from tests.load.bench import Bench, recorded
from tests.load.figures.updates import Updates
from tests.load.measures import Line, Times, alternate
from tests.load.processes import floor

_PROCESSES = 2
_SUBSCRIBERS = 1_000
_PAUSE = 0.05
_PROMISE = 0.003


class Latency:
    """How long it takes from the sending of an update to its arrival at a subscriber, with 1 and with 1,000 of them.

    The commit is in it: the update is on the disk before anyone hears of it. As in `fan-out`, but with 50 ms between
    an update's last arrival and the next update, so that each finds the service at rest. What is compared is the
    median over all deliveries.

    The floor is the bare fan-out of the same bytes. One subscriber is also held against a plain promise: 3 ms.
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
                    lambda updates=updates, size=size: updates.bare(bare, size).times,  # type: ignore[misc]
                    lambda updates=updates: updates.of(service).times,  # type: ignore[misc]
                )
                yield from _lines(subscribers, Times.of_all(floors), Times.of_all(figures))


def _lines(subscribers: int, floor_times: Times, times: Times) -> Iterator[Line]:
    name = f"commit to client, {subscribers:,} subscriber{'s' * (subscribers > 1)}"
    value, bare = 1000 * times.p50, 1000 * floor_times.p50
    target = 1.2 if subscribers > 1 else None
    yield Line(
        name,
        " ms",
        value,
        bare,
        "bare fan-out",
        target,
        most=True,
        times=times,
        floor_times=floor_times,
        count=subscribers,
    )
    if subscribers == 1:
        yield Line(name, " ms", value, 1000 * _PROMISE, "the promise", 1.0, most=True)
