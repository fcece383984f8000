"""How soon a command has done its work, and how soon the command of `run` begins."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.load.bench import Bench
from tests.load.measures import Line, Times, alternate
from tests.load.processes import LoadError, service

_CLI = (sys.executable, "-P", "-c", "from millstream.cli.app import main; main()")
_PYTHON = (sys.executable, "-P", "-c", "pass")
_GRPC = (sys.executable, "-P", "-c", "import grpc")
_SECONDS = 60.0
_LEFT_OUT = ("MILLSTREAM_", "XDG_", "PYTHONDONTWRITEBYTECODE")
"""Without the last, each process would compile all of Millstream again: what pip installs is compiled."""
Environment = Mapping[str, str]


@dataclass(frozen=True)
class _Row:
    """A command, whether it is waited for only `to_begin` (its first output), and what it is measured beside."""

    name: str
    words: tuple[str, ...]
    floor: tuple[str, ...]
    target: float | None = None
    to_begin: bool = False


_ALONE = (
    _Row("builds, without a service", ("builds",), _GRPC, 4.1),
    _Row("run -- true, without a service", ("run", "--", "true"), _GRPC, 4.7),
)
_BESIDE = (
    _Row("--version", ("--version",), _PYTHON),
    _Row("builds --help", ("builds", "--help"), _PYTHON),
    _Row("builds, with a service", ("builds",), _GRPC, 2.1),
    _Row("run -- true, with a service", ("run", "--", "true"), _GRPC, 2.9),
    _Row("the command of run begins", ("run", "--", "echo", "here"), _PYTHON, 6.0, to_begin=True),
)


class Start:
    """How long short commands take, from their start to their end, one after the other.

    The floors are Python that does nothing, and Python that loads gRPC, as every client of a service must: in the
    same turn. The targets are what users were promised, on a machine on which these take 20 and 85 ms; nothing of
    `--version` and of help, which Typer prints. What the command of `run` needs to begin is measured by its first
    output. Processor times (of a process and its children, without the recorder, which `run` does not wait for) are
    beside them: they say more on a machine that has other things to do.
    """

    name = "start"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure commands that find no service, then some that do."""
        with bench.new_folder() as folder, ExitStack() as stack:
            environment = _environment(folder)
            _process(environment, (*_CLI, "run", "--", "true"))
            yield from (_line(bench, environment, row) for row in _ALONE)
            server = stack.enter_context(service(environment["MILLSTREAM_DB"]))
            environment = {**environment, "MILLSTREAM_ADDRESS": server.address}
            yield from (_line(bench, environment, row) for row in _BESIDE)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    ours = {"MILLSTREAM_DB": f"sqlite:///{folder / 'millstream.sqlite3'}", "MILLSTREAM_SPOOL": str(folder / "spool")}
    return kept | ours | {"HOME": str(folder)}


def _line(bench: Bench, environment: Environment, row: _Row) -> Line:
    floors, figures = alternate(
        bench.rounds,
        lambda: _repeated(bench.seconds, lambda: _process(environment, row.floor)),
        lambda: _repeated(bench.seconds, lambda: _process(environment, (*_CLI, *row.words), to_begin=row.to_begin)),
    )
    walls, bare = (Times.of_all([wall for wall, _ in some] for some in rounds) for rounds in (figures, floors))
    used, bare_used = (Times.of_all([used for _, used in some] for some in rounds).p50 for rounds in (figures, floors))
    return Line(
        row.name,
        " ms",
        1000 * walls.p50,
        1000 * bare.p50,
        f"python -c '{row.floor[-1]}'",
        target=row.target,
        most=True,
        times=walls,
        floor_times=bare,
        note=f"processor time {1000 * used:.0f} ms; the floor's {1000 * bare_used:.0f}: {used / bare_used:.1f} times",
    )


def _repeated(seconds: float, run: Callable[[], tuple[float, float]]) -> list[tuple[float, float]]:
    begun, found = time.monotonic(), [run()]
    while time.monotonic() - begun < seconds:
        found.append(run())
    return found


def _process(environment: Environment, command: Sequence[str], *, to_begin: bool = False) -> tuple[float, float]:
    """Run a process; return how long it took (or its first output), and its processor time, in seconds.

    The recorder's is not in the time of `run`: it goes on for a moment when `run` has ended.
    """
    begun, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1 if to_begin else -1)
        took = time.perf_counter() - begun
        process.communicate(timeout=_SECONDS)
        took = took if to_begin else time.perf_counter() - begun
    if process.returncode:
        raise LoadError(f"{' '.join(command[3:])} ended with {process.returncode}")
    after = getrusage(RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
