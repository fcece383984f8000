"""One update to many subscribers."""

from collections.abc import Iterator

from tests.load.bench import Bench, recorded
from tests.load.figures.updates import Updates
from tests.load.measures import Line, Times, alternate, middle
from tests.load.processes import cost_text, floor

_PROCESSES = 2
_SUBSCRIBERS = 1_000


class FanOut:
    """How many deliveries a second a service makes when one value changes that 1,000 streams watch.

    Two processes with 500 StreamBuild streams each, over four connections a process; a third sends UpdateBuild, and
    the next one once all 1,000 have the one before: so every update reaches everyone, and the commit counts as well.
    The times are from the sending of the update to its arrival, of each delivery.

    The floor is a bare server that hands the bytes of a unary call to 1,000 waiting streams, with the same clients,
    the same size of message and the same waiting: what the runtime needs to write so many messages.
    """

    name = "fan-out"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it."""
        subscribers = bench.scaled(_SUBSCRIBERS, least=10)
        crew = bench.crew.of(1 + _PROCESSES)
        with (
            bench.service() as service,
            recorded(service, 1) as (_, [build]),
            floor("fanning-out") as bare,
        ):
            updates = Updates(bench, crew, build, subscribers)
            size = updates.of(service).size
            floors, figures = alternate(bench.rounds, lambda: updates.bare(bare, size), lambda: updates.of(service))
        cost = cost_text([one.loaded for one in figures], [one.loaded for one in floors], "deliveries", "a delivery")
        yield Line(
            f"one update to {subscribers:,} subscribers",
            "/s",
            middle([one.rate for one in figures]),
            middle([one.rate for one in floors]),
            "bare fan-out",
            target=0.8,
            times=Times.of([time for one in figures for time in one.times]),
            floor_times=Times.of([time for one in floors for time in one.times]),
            note=f"{size} bytes each; {cost}",
        )
