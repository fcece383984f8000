"""The first value of a list, in a small and in a large store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from millstream.builds.v1.backend_service_pb2 import StreamLatestBuildsRequest
from tests.load.bench import PROJECT, Bench, recorded
from tests.load.copies import multiply
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Server, service

_SMALL, _LARGE = 1_000, 1_000_000
_LISTED = 50


class ManyBuilds:
    """How long the first value of StreamLatestBuilds(50) takes with 1,000,000 builds, beside the same with 1,000.

    Streams are opened and ended one after the other, so each reads its value anew, with 20 ms in between: the service
    reads what is watched in rounds, and a round soon after another waits a little. The builds are copies of one that
    came through the service, put into its table by SQL. The floor is the small store: the cost of a list should be
    that of what is in it.
    """

    name = "many-builds"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Fill two stores and read from both."""
        small, large = bench.scaled(_SMALL, least=60), bench.scaled(_LARGE, least=600)
        request = StreamLatestBuildsRequest(project_id=PROJECT, limit=_LISTED)
        parameters = {
            "method": "StreamLatestBuilds",
            "requests": packed([request.SerializeToString()]),
            "seconds": bench.seconds,
        }
        [generator] = bench.crew.of(1)
        with bench.new_folder() as folder:
            paths = [_filled(folder / f"{count}.sqlite3", count) for count in (small, large)]

            def waits(server: Server) -> list[float]:
                times: list[float] = generator.run("first_messages", address=server.address, **parameters)["times"]
                return times

            with service(paths[0]) as little, service(paths[1]) as much:
                floors, figures = alternate(bench.rounds, lambda: waits(little), lambda: waits(much))
        yield _line(small, large, floors, figures)


def _line(small: int, large: int, floors: list[list[float]], figures: list[list[float]]) -> Line:
    times, floor_times = (Times.of_all(rounds) for rounds in (figures, floors))
    return Line(
        f"first value of StreamLatestBuilds({_LISTED})",
        " ms",
        1000 * times.p50,
        1000 * floor_times.p50,
        f"the same with {small:,} builds, not {large:,}",
        target=1.3,
        most=True,
        times=times,
        floor_times=floor_times,
    )


def _filled(path: Path, count: int) -> Path:
    with service(path) as server, recorded(server, 1):
        pass
    with closing(sqlite3.connect(path)) as connection:
        multiply(connection, "builds", count - 1, {"id": "printf('%08d', n)", "created_at": "created_at + n"})
    return path
