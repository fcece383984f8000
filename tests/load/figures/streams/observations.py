"""A commit among few and among many observations."""

from collections.abc import Iterator
from contextlib import ExitStack

from tests.load.bench import Bench, recorded
from tests.load.figures.streams.updates import Updates
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Generator

_FEW, _MANY = 10, 10_000
_PAUSE = 0.02


class Observations:
    """How long a commit takes to reach the one whom it concerns, while 10,000 other values are watched, beside 10.

    As in `latency`, with one subscriber, in two services: each of the others is a StreamBuild of a build of its own.
    The floor is the service with few: the work of a commit should be in proportion to what it touches.
    """

    name = "observations"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Open the streams and update the one value."""
        few, many = bench.scaled(_FEW, least=1), bench.scaled(_MANY, least=100)
        with ExitStack() as stack:
            *crew, one, other = bench.crew.of(4)
            runs = []
            for count, holder in ((few, one), (many, other)):
                service = stack.enter_context(bench.service())
                _, [build] = stack.enter_context(recorded(service, 1))
                holder.prepare("hold", address=service.address, prefix="other-", streams=count)
                stack.callback(_release, holder)
                runs.append((Updates(bench, crew, build, 1, _PAUSE), service))
            (small, quiet), (large, busy) = runs
            floors, figures = alternate(bench.rounds, lambda: small.of(quiet).times, lambda: large.of(busy).times)
        times, floor_times = (Times.of_all(rounds) for rounds in (figures, floors))
        yield Line(
            "a commit that concerns one of many",
            " ms",
            1000 * times.p50,
            1000 * floor_times.p50,
            f"the same with {few:,} others watched, not {many:,}",
            target=1.2,
            most=True,
            times=times,
            floor_times=floor_times,
        )


def _release(holder: Generator) -> None:
    holder.go()
    holder.result()
