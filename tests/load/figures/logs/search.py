"""Search beside grep."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from millstream import Client
from millstream.builds.v1.backend_service_pb2 import SearchBuildLogsRequest
from tests.load.bench import Bench, recorded
from tests.load.figures.logs.finished_log import FinishedLog, finished_log
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Generator, LoadError, Server, together

_LINES = 1_000_000
_LITERAL = "-O3 -DLEVEL=4242"
_FREQUENT, _CONTEXT = "CodeSign", 10
_EXPRESSION = "CodeSign .*File[0-9]*42\\.c -O[23]"


class Search:
    """How long SearchBuildLogs needs for all hits in a finished log of 1,000,000 lines: a text, an expression.

    The floor is `grep -F` and `grep -E` over the same lines as a text file, which the system has in its memory. grep
    reads text; the service reads compressed messages, and finds out which lines they are.
    """

    name = "search"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Write the log, save its text, and search both."""
        count = bench.scaled(_LINES, least=1_000)
        [generator] = bench.crew.of(1)
        with bench.service() as service, bench.new_folder() as folder, recorded(service, 1) as (client, [build]):
            log = finished_log(service, generator, client, build, count)
            text = folder / "log.txt"
            log.save_text(generator, text)
            yield _measured(bench, generator, log, text, "-F", _LITERAL)
            yield _measured(bench, generator, log, text, "-E", _EXPRESSION)
            yield _with_context(bench, generator, log)


def _measured(bench: Bench, generator: Generator, log: FinishedLog, text: Path, option: str, query: str) -> Line:
    request = SearchBuildLogsRequest(build_id=log.build, query=query, regex=option == "-E", limit=100_000)
    search = _search(generator, log, request)
    hits = sum(1 for _ in _hits(log.service, request))
    expected = int(_grep("-c", option, "-e", query, str(text)))
    if hits != expected:
        raise LoadError(f"{hits} hits where grep has {expected}")
    rounds = 3 * bench.rounds
    floors, figures = alternate(rounds, lambda: _grep_seconds(option, query, text), search)
    times, floor_times = Times.of(figures), Times.of(floors)
    kind = "a text" if option == "-F" else "an expression"
    return Line(
        f"search for {kind}",
        " ms",
        1000 * times.p50,
        1000 * floor_times.p50,
        f"grep {option} over the text",
        target=2.0 if option == "-F" else 4.0,
        most=True,
        times=times,
        floor_times=floor_times,
        note=f"{hits} hits",
    )


def _with_context(bench: Bench, generator: Generator, log: FinishedLog) -> Line:
    """Compare a search of 1,000 hits with the same that wants the lines around them, too."""
    wanted = SearchBuildLogsRequest(build_id=log.build, query=_FREQUENT, limit=1_000, context_lines=_CONTEXT)
    alone = SearchBuildLogsRequest(build_id=log.build, query=_FREQUENT, limit=1_000)
    searches = (_search(generator, log, request) for request in (alone, wanted))
    floor_times, times = map(Times.of, alternate(6 * bench.rounds, *searches))
    return Line(
        f"search with {_CONTEXT} lines around each hit",
        " ms",
        1000 * times.p50,
        1000 * floor_times.p50,
        "the hits alone",
        target=1.5,
        most=True,
        times=times,
        floor_times=floor_times,
    )


def _search(generator: Generator, log: FinishedLog, request: SearchBuildLogsRequest) -> Callable[[], float]:
    """Return what searches, and says how long it took."""
    parameters = {"method": "SearchBuildLogs", "request": packed([request.SerializeToString()])[0], "times": 1}
    return lambda: float(together(log.service, [(generator, "drain", parameters)]).result["durations"][0])


def _hits(service: Server, request: SearchBuildLogsRequest) -> Iterator[object]:
    with Client(service.address) as client:
        yield from client.builds.search_build_logs(
            request.query, build_id=request.build_id, regex=request.regex, limit=request.limit
        )


def _grep(*arguments: str) -> bytes:
    done = subprocess.run(["grep", *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode > 1:
        raise LoadError("grep failed")
    return done.stdout


def _grep_seconds(option: str, query: str, text: Path) -> float:
    begun = time.monotonic()
    _grep(option, "-e", query, str(text))
    return time.monotonic() - begun
