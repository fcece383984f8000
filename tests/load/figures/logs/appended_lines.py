"""Durable appended lines."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.load.bench import Bench, recorded
from tests.load.measures import Line, middle
from tests.load.processes import Generator, Server, together

_LENGTH = 120
_BATCH = 500
_WRITERS = 8


class AppendedLines:
    """How many lines of 120 bytes a service stores in a second, durably, over AppendBuildLogs.

    One writer, and eight of different builds, each over a connection of its own: 500 lines a batch, up to 16 batches
    ahead of the acknowledgements. The batches are serialized before the start, so that the client does not decide;
    what is counted was acknowledged. Then a `LogWriter`, line by line, as an application uses it: there, most of the
    time is the client's.

    The floor is what one does without us: `sqlite3.executemany` of a row a line, 500 lines a transaction, journal_mode
    WAL and synchronous FULL on the same disk, into a table of lines as one makes it: each with an id of its own (a
    UUID), an index of the build and one of the level. Making the rows is not counted. Beside it, for information, the
    barest table there is: no id but the row's number and no index, in which no line of a build could be found.
    """

    name = "lines"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure one writer, eight, and the client's own."""
        [generator] = bench.crew.of(1)
        with (
            bench.service() as service,
            bench.new_folder() as folder,
            recorded(service, 1 + _WRITERS + bench.rounds) as (_, builds),
        ):
            floors = _Floors(bench, generator, folder)
            append = Append(bench, generator, service)
            one, eight = builds[:1], builds[1 : 1 + _WRITERS]
            rest = iter(builds[1 + _WRITERS :])
            yield from floors.compare("1 writer", lambda: append.batches(one), 5.0)
            yield from floors.compare(f"{_WRITERS} writers", lambda: append.batches(eight), 5.0)
            yield from floors.compare("1 LogWriter", lambda: append.lines(next(rest)), None)


class Append:
    """Puts lines into a service."""

    def __init__(self, bench: Bench, generator: Generator, service: Server) -> None:
        self._bench = bench
        self._generator = generator
        self._service = service
        self._turn = 0

    def batches(self, builds: list[str]) -> tuple[float, str]:
        """Append to each of the builds; return lines/s, and what the service did meanwhile and afterwards."""
        self._turn += 1
        parameters = {
            "builds": builds,
            "writer_id": f"load-{self._turn}",
            "seconds": self._bench.seconds,
            "length": _LENGTH,
            "batch": _BATCH,
        }
        loaded = together(self._service, [(self._generator, "append", parameters)])
        left = self._service.wait_until_quiet()
        busy = loaded.used / loaded.took
        return loaded.result["rate"], f"service busy: {busy:.0%} of a core, then {left:.1f} s of merging"

    def lines(self, build: str) -> tuple[float, str]:
        """Write lines with a LogWriter."""
        found = self._generator.run(
            "write_lines", address=self._service.address, build=build, seconds=self._bench.seconds, length=_LENGTH
        )
        self._service.wait_until_quiet()
        return found["rate"], "the client makes each line's message"


class _Floors:
    """The two tables."""

    def __init__(self, bench: Bench, generator: Generator, folder: Path) -> None:
        self._bench = bench
        self._generator = generator
        self._folder = folder

    def _rows(self, table: str) -> float:
        path = self._folder / f"{table}.sqlite3"
        seconds = self._bench.seconds / 2
        found = self._generator.run(
            "row_a_line", path=str(path), table=table, seconds=seconds, length=_LENGTH, batch=_BATCH
        )
        return float(found["rate"])

    def compare(self, who: str, append: Callable[[], tuple[float, str]], target: float | None) -> Iterator[Line]:
        """Measure, with both floors in turn."""
        keyed, bare, figures = [], [], []
        for _ in range(self._bench.rounds):
            keyed.append(self._rows("keyed"))
            figures.append(append())
            bare.append(self._rows("bare"))
        name = f"durable lines, {who}"
        rate, note = middle([rate for rate, _ in figures]), figures[-1][1]
        yield Line(name, "/s", rate, middle(keyed), "row a line, with an id and indexes", target, note=note)
        yield Line(name, "/s", rate, middle(bare), "row a line, no id and no index")
