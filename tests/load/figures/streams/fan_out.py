"""One update to many subscribers."""

from collections.abc import Iterator, Sequence

from tests.load.bench import Bench, recorded
from tests.load.figures.streams.updates import Updates
from tests.load.measures import Line, Times, alternate, middle
from tests.load.processes import Generator, Server, cost_text, floor

_PROCESSES = 2
_TARGETS = {100: None, 1_000: 0.85, 10_000: 0.85}
_ROUNDS_SHARE = {100: 0.4, 10_000: 0.4}
"""Of the rounds: the one is for information, and to open so many streams as the other has takes long."""


class FanOut:
    """How many deliveries a second a service makes when one value changes that 100, 1,000 or 10,000 streams watch.

    Two processes with half of the StreamBuild streams each, over four connections a process; a third sends
    UpdateBuild, and the next one once all have the one before: so every update reaches everyone, and the commit counts
    as well. The times are from the sending of the update to its arrival, of each delivery.

    The floor is a bare server that hands the bytes of a unary call to as many waiting streams, with the same clients,
    the same size of message and the same waiting: what the runtime needs to write so many messages.
    """

    name = "fan-out"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it with few, some and many."""
        crew = bench.crew.of(1 + _PROCESSES)
        with (
            bench.service() as service,
            recorded(service, 1) as (_, [build]),
            floor("fanning-out") as bare,
        ):
            for count in _TARGETS:
                yield _measured(bench, crew, service, bare, build, count)


def _measured(
    bench: Bench, crew: Sequence[Generator], service: Server, bare: Server, build: str, full_count: int
) -> Line:
    subscribers = bench.scaled(full_count, least=10)
    rounds = max(1, round(bench.rounds * _ROUNDS_SHARE.get(full_count, 1)))
    updates = Updates(bench, crew, build, subscribers)
    size = updates.of(service).size
    floors, figures = alternate(rounds, lambda: updates.bare(bare, size), lambda: updates.of(service))
    cost = cost_text([one.loaded for one in figures], [one.loaded for one in floors], "deliveries", "a delivery")
    return Line(
        f"one update to {subscribers:,} subscribers",
        "/s",
        middle([one.rate for one in figures]),
        middle([one.rate for one in floors]),
        "bare fan-out",
        target=_TARGETS[full_count],
        times=Times.of_all(one.times for one in figures),
        floor_times=Times.of_all(one.times for one in floors),
        note=f"{size} bytes each; {cost}",
        count=subscribers,
    )
