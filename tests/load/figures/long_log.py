"""A tail from anywhere in a short and in a long log."""

import random
from collections.abc import Iterator

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest
from tests.load.bench import Bench, recorded
from tests.load.figures.finished_log import finished_log
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Generator, Server

_SHORT, _LONG = 10_000, 10_000_000
_PLACES = 200


class LongLog:
    """How long the first lines of a tail take, from anywhere in a log of 10,000,000 lines, beside one of 10,000.

    TailBuildLogs from 200 random lines on, one after the other; each is ended with its first message, which has
    about 2,000 lines. The floor is the short log: finding a line should not depend on how many there are.
    """

    name = "long-log"
    by_default = False

    def run(self, bench: Bench) -> Iterator[Line]:
        """Write both logs, end their builds, and read from them."""
        short, long = bench.scaled(_SHORT, least=1_000), bench.scaled(_LONG, least=10_000)
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
            "tail from anywhere in a log",
            " ms",
            1000 * times.p50,
            1000 * floor_times.p50,
            f"the same with {short:,} lines, not {long:,}",
            target=1.3,
            most=True,
            times=times,
            floor_times=floor_times,
        )


def _waits(bench: Bench, generator: Generator, service: Server, build: str, lines: int) -> list[float]:
    places = random.Random(lines).choices(range(lines * 3 // 4), k=_PLACES)
    requests = [TailBuildLogsRequest(build_id=build, after_seq=place).SerializeToString() for place in places]
    found = generator.run(
        "first_messages",
        address=service.address,
        method="TailBuildLogs",
        requests=packed(requests),
        seconds=bench.seconds,
    )
    times: list[float] = found["times"]
    return times
