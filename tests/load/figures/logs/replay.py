"""Replay of a finished log."""

from collections.abc import Iterator
from pathlib import Path

from tests.load.bench import Bench, recorded
from tests.load.figures.logs.finished_log import FinishedLog, finished_log
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Generator, Loaded, Server, cost_text, floor, together

_LINES = 1_000_000
_TARGET = 0.7
_ROUNDS_SHARE = 0.4


class Replay:
    """How fast a finished log of 1,000,000 lines is sent to one client, over TailBuildLogs.

    The floor is a bare server that streams the very same messages (saved from the service before) from its memory:
    what the runtime needs to send so many bytes. What is left between the two is reading the store and decompressing.

    Two lines. The first is what a user has of it, and the one with the target: a client with generated stubs that
    parses every message, on both sides alike. The second, for information, has a client that takes bytes and leaves
    them unparsed: no user reads a log like that, but it shows what the service alone takes.
    """

    name = "replay"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Write the log, end its build, and read it again and again."""
        count = bench.scaled(_LINES, least=1_000)
        [generator] = bench.crew.of(1)
        with bench.service() as service, bench.new_folder() as folder, recorded(service, 1) as (client, [build]):
            log = finished_log(service, generator, client, build, count)
            saved = log.save(generator, folder / "messages")
            size = f"{saved['messages']} messages, {saved['bytes'] / 1e6:.0f} MB"
            yield _measured(bench, generator, log, folder / "messages", count, size, parse=True)
            yield _measured(bench, generator, log, folder / "messages", count, size, parse=False)


def _measured(
    bench: Bench, generator: Generator, log: FinishedLog, path: Path, count: int, size: str, *, parse: bool
) -> Line:
    def drain(server: Server, times: int = 1) -> Loaded:
        parameters = {"method": "TailBuildLogs", "request": log.request, "times": times, "parse": parse}
        return together(server, [(generator, "drain", parameters)])

    times = max(1, round(bench.seconds / drain(log.service).took))
    with floor("replaying", str(path)) as bare:
        rounds = bench.rounds if parse else max(1, round(_ROUNDS_SHARE * bench.rounds))
        floors, figures = alternate(rounds, lambda: drain(bare, times), lambda: drain(log.service, times))
    took, floor_took = (Times.of_all(one.result["durations"] for one in some) for some in (figures, floors))
    return Line(
        f"replay of {count:,} lines, " + ("parsed" if parse else "bytes only"),
        "/s",
        count / took.p50,
        count / floor_took.p50,
        "the same messages from memory",
        target=_TARGET if parse else None,
        times=took,
        floor_times=floor_took,
        note=f"{size}; {cost_text(figures, floors, 'streams', 'all of it')}",
    )
