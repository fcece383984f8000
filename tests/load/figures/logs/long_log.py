"""A tail from anywhere in a short and in a long log."""

import random
from collections.abc import Iterator

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest
from tests.load.bench import Bench, recorded
from tests.load.figures.logs.finished_log import LENGTH, finished_log
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Generator, Server

_SHORT = 10_000
_PLACES = 200
_READ_LINES = 1_000


class LongLog:
    """How long a tail of 1,000 lines takes, from anywhere in a log of 10,000,000 lines, beside one of 10,000.

    TailBuildLogs from 200 random lines on, one after the other; each is ended once as many bytes have come as 1,000
    lines have. The floor is the short log: finding a line should not depend on how many there are. Writing
    10,000,000 lines takes two minutes, so by default (`long-log`) there are 1,000,000.
    """

    def __init__(self, name: str, lines: int, *, by_default: bool) -> None:
        self.name = name
        self.by_default = by_default
        self._lines = lines

    def run(self, bench: Bench) -> Iterator[Line]:
        """Write both logs, end their builds, and read from them."""
        short, long = bench.scaled(_SHORT, least=2_000), bench.scaled(self._lines, least=10_000)
        [generator] = bench.crew.of(1)
        with bench.service() as service, recorded(service, 2) as (client, builds):
            for build, count in zip(builds, (short, long), strict=True):
                finished_log(service, generator, client, build, count)
            floors, figures = alternate(
                bench.rounds,
                lambda: _waits(bench, generator, service, builds[0], short),
                lambda: _waits(bench, generator, service, builds[1], long),
            )
        times, floor_times = (Times.of_all(rounds) for rounds in (figures, floors))
        yield Line(
            f"tail of {_READ_LINES:,} lines from anywhere in a log",
            " ms",
            1000 * times.p50,
            1000 * floor_times.p50,
            f"the same with {short:,} lines, not {long:,}",
            target=1.3,
            most=True,
            times=times,
            floor_times=floor_times,
            count=long,
        )


def _waits(bench: Bench, generator: Generator, service: Server, build: str, lines: int) -> list[float]:
    places = random.Random(lines).choices(range(lines - _READ_LINES), k=_PLACES)
    requests = [TailBuildLogsRequest(build_id=build, after_seq=place).SerializeToString() for place in places]
    found = generator.run(
        "first_messages",
        address=service.address,
        method="TailBuildLogs",
        requests=packed(requests),
        seconds=bench.seconds,
        least_bytes=_READ_LINES * LENGTH,
    )
    times: list[float] = found["times"]
    return times
