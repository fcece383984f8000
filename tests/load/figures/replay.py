"""Replay of a finished log."""

from collections.abc import Iterator
from pathlib import Path

from tests.load.bench import Bench, recorded
from tests.load.figures.finished_log import FinishedLog, finished_log
from tests.load.measures import Line, alternate, middle
from tests.load.processes import Generator, Loaded, Server, cost_text, floor, together

_LINES = 1_000_000


class Replay:
    """How fast a finished log of 1,000,000 lines is sent to one client, over TailBuildLogs.

    The client takes bytes and parses nothing. The floor is a bare server that streams the very same messages (saved
    from the service before) from its memory: what the runtime needs to send so many bytes. What is left between the
    two is reading the store and decompressing.
    """

    name = "replay"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Write the log, end its build, and read it again and again."""
        count = bench.scaled(_LINES, least=1_000)
        [generator] = bench.crew.of(1)
        with bench.service() as service, bench.new_folder() as folder, recorded(service, 1) as (client, [build]):
            log = finished_log(service, generator, client, build, count)
            yield _measure(bench, generator, log, folder / "messages", count)


def _measure(bench: Bench, generator: Generator, log: FinishedLog, path: Path, count: int) -> Line:
    saved = log.save(generator, path)

    def drain(server: Server, times: int = 1) -> Loaded:
        parameters = {"method": "TailBuildLogs", "request": log.request, "times": times}
        return together(server, [(generator, "drain", parameters)])

    def lines_a_second(some: list[Loaded]) -> float:
        return count / middle([took for one in some for took in one.result["durations"]])

    times = max(1, round(bench.seconds / drain(log.service).took))
    with floor("replaying", str(path)) as bare:
        floors, figures = alternate(bench.rounds, lambda: drain(bare, times), lambda: drain(log.service, times))
    cost = cost_text(figures, floors, "streams", "all of it")
    size = f"{saved['messages']} messages, {saved['bytes'] / 1e6:.0f} MB"
    return Line(
        f"replay of {count:,} lines",
        "/s",
        lines_a_second(figures),
        lines_a_second(floors),
        "the same messages from memory",
        target=0.6,
        note=f"{size}; {cost}",
    )
