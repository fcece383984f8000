"""From a commit through one service to those who watch through another."""

from collections.abc import Iterator
from dataclasses import replace

from tests.load import pgbench
from tests.load.bench import Bench, recorded
from tests.load.figures.streams.updates import Updates
from tests.load.measures import Line, Times, alternate
from tests.load.processes import service

_PAUSE = 0.05
_TARGET = 3.0


class AcrossServices:
    """How long it takes from the sending of an update to its arrival at a subscriber of another service.

    Two services on one PostgreSQL: the update goes to one, the subscriber watches through the other, which hears of the
    commit by NOTIFY and reads it from the change log. The floor is the same within one service, which may take a third
    of that. As in `latency`, each update finds both services at rest, and the durable commit is in it.

    Beside it, for information: within one service on PostgreSQL, beside the same on SQLite.
    """

    name = "across-services"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure both."""
        with (
            pgbench.on_postgres(bench) as there,
            there.database() as url,
            service(url) as one,
            service(url) as other,
            bench.service() as on_sqlite,
            recorded(one, 1) as (_, [build]),
            recorded(on_sqlite, 1) as (_, [build_on_sqlite]),
        ):
            within = Updates(bench, bench.crew.of(2), build, 1, _PAUSE)
            across, elsewhere = replace(within, watched=other), replace(within, build=build_on_sqlite)
            floors, figures = alternate(bench.rounds, lambda: within.of(one).times, lambda: across.of(one).times)
            yield _line("update to client, across two services", "the same within one", floors, figures, _TARGET)
            floors, figures = alternate(
                bench.rounds, lambda: elsewhere.of(on_sqlite).times, lambda: within.of(one).times
            )
            yield _line("update to client on PostgreSQL", "the same on SQLite", floors, figures)


def _line(
    name: str, floor_name: str, floors: list[list[float]], figures: list[list[float]], target: float | None = None
) -> Line:
    times, floor_times = (Times.of_all(some) for some in (figures, floors))
    return Line(
        name,
        " ms",
        1000 * times.p50,
        1000 * floor_times.p50,
        floor_name,
        target,
        most=True,
        times=times,
        floor_times=floor_times,
    )
