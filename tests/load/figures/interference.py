"""What a client that does nothing special notices of what others do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from google.protobuf.field_mask_pb2 import FieldMask

from millstream import Build
from millstream.builds.v1.backend_service_pb2 import GetBuildRequest, UpdateBuildRequest
from tests.load.bench import Bench
from tests.load.figures import others
from tests.load.figures.others import Others, Stage
from tests.load.figures.streams.updates import Updates
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate
from tests.load.memory import watched
from tests.load.processes import Generator

_EVERY = 0.005
_STEPS = 100
_MAX = 3.0
_MAX_MEMORY, _MAX_LEFT = 2.0, 1.25
_PROCESSES_OF_OTHERS = 2
Quiet = Callable[[Stage, list[Generator]], list[float]]
"""What is measured: how long each call, or delivery, takes."""


def _read(on: Stage, generators: list[Generator]) -> list[float]:
    return _called(on, generators, "GetBuild", [GetBuildRequest(id=on.quiet).SerializeToString()])


def _written(on: Stage, generators: list[Generator]) -> list[float]:
    mask = FieldMask(paths=["progress"])
    builds = [Build(id=on.quiet, progress=step / _STEPS) for step in range(1, _STEPS + 1)]
    requests = [UpdateBuildRequest(build=build, update_mask=mask).SerializeToString() for build in builds]
    return _called(on, generators, "UpdateBuild", requests)


def _called(on: Stage, generators: list[Generator], method: str, requests: list[bytes]) -> list[float]:
    parameters = {"requests": packed(requests), "seconds": on.bench.seconds, "every": _EVERY}
    times: list[float] = generators[0].run("arrive", address=on.server.address, method=method, **parameters)["times"]
    return times


def _watched(on: Stage, generators: list[Generator]) -> list[float]:
    return Updates(on.bench, generators, on.quiet, 1, _EVERY).of(on.server).times


@dataclass(frozen=True)
class _Row:
    """What others do, and what is measured meanwhile."""

    name: str
    others: Others
    quiet: Quiet = _read
    what: str = "GetBuild"
    target: float | None = _MAX


_RESETS = "resets"
_ROWS = {
    "texts": _Row("two searches for a text", others.texts),
    "expressions": _Row("two searches for an expression", others.expressions),
    "large-expressions": _Row("20 searches for expressions like [\\p{L}]{200}", others.large_expressions),
    "whole-lists": _Row("the ids of 600,000 lines that grow, whole", others.whole_lists),
    "new-lists": _Row("new lists of the ids of 600,000 lines that grow", others.new_lists),
    "filtered-lists": _Row("new lists of the ids of a category", others.new_filtered_lists),
    "filtered-lists-watch": _Row(
        "new lists of the ids of a category", others.new_filtered_lists, _watched, "update to client"
    ),
    "metadata": _Row("events with 500,000 keys of metadata", others.metadata),
    "scheme-lists": _Row("20 ListBuilds of 1,000 schemes", others.scheme_lists),
    "deletion": _Row("a project of 20,000 builds deleted", others.deletion),
    "deletion-writes": _Row("a project of 20,000 builds deleted", others.more_deletion, _written, "UpdateBuild"),
    # New calls wait in one queue, in which gRPC lets nobody pass: what is promised here is that memory stays bounded.
    _RESETS: _Row("streams opened and reset, 1,000 at a time", others.resets, target=None),
}
ROWS = tuple(_ROWS)


class Interference:
    """How long a quiet client waits while others do what is costly, beside the same while nobody does anything.

    The quiet client is a process of its own: a call every 5 ms, and how long it takes from then. What others do goes on
    for the whole of a round, in other processes, as fast as it is answered; a refused caller comes back after 10 ms.
    On a machine with two cores these processes and the service share them, so some of what is measured is theirs.

    The floor is the same client, on the same service, in turn with that. What is compared is the 99th percentile:
    nobody should be able to hold up everybody. Streams that are opened and reset are measured by the service's memory,
    while they come and once they have gone, beside that after as many streams before.
    """

    name = "interference"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure row by row, in one service."""
        generators = bench.crew.of(2 + _PROCESSES_OF_OTHERS)
        with others.stage(bench, generators[0]) as on:
            for name in bench.rows or ROWS:
                yield _measured(on, generators, _ROWS[name])
                if name == _RESETS:
                    yield from _memory(on, generators[0])


def _measured(on: Stage, generators: list[Generator], row: _Row) -> Line:
    quiet, busy = generators[:2], generators[2:]
    numbers = count()

    def beside() -> list[float]:
        works = row.others(on, next(numbers))
        for generator, work in zip(busy, works, strict=False):
            work.begin(generator, on.server)
        times = row.quiet(on, quiet)
        for generator, _ in zip(busy, works, strict=False):
            generator.go()
            generator.result()
        on.server.wait_until_quiet()  # what others have left behind is not the floor's
        return times

    floors, figures = alternate(on.bench.rounds, lambda: row.quiet(on, quiet), beside)
    times, idle = Times.of_all(figures), Times.of_all(floors)
    return Line(
        f"{row.what} beside {row.name}",
        " ms",
        1000 * times.p99,
        1000 * idle.p99,
        "nothing",
        row.target,
        most=True,
        times=times,
        floor_times=idle,
    )


def _memory(on: Stage, generator: Generator) -> Iterator[Line]:
    """Measure the service's memory at its highest and afterwards, beside what it was after the first such burst."""
    work = others.some_resets(on)

    def burst() -> tuple[float, float]:
        with watched(on.server) as memory:
            work.begin(generator, on.server)
            generator.go()
            generator.result()
            on.server.wait_until_quiet()
        return memory.most, float(on.server.memory())

    _, before = burst()
    highest, after = (max(sizes) for sizes in zip(*(burst() for _ in range(on.bench.rounds)), strict=True))
    for name, size, most in (("at its highest", highest, _MAX_MEMORY), ("afterwards", after, _MAX_LEFT)):
        yield Line(
            f"memory {name} beside 20,000 streams opened and reset",
            " MB",
            size / 1e6,
            before / 1e6,
            "after as many before",
            most,
            most=True,
        )
