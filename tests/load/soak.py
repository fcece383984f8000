"""An hour of everything: a mixed load whose every line and value is checked, stalled readers, and kill -9.

Exits 1 where anything was lost, repeated or out of order, or a promise on memory was not kept.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.load.bench import Bench, recorded
from tests.load.figures.streams.broken_readers import BrokenReaders
from tests.load.measures import Line, Times
from tests.load.memory import watched
from tests.load.mixed import Mixed, mixed
from tests.load.processes import ROOT, Crew
from tests.load.reports import report

_MINUTES = 60.0
_MIXED_SHARE, _WARM_UP_SHARE, _STALLED_SHARE = 0.4, 0.05, 1 / 3
"""Of the whole time. The stalled readers' is shared by two services that take turns: each gets ten minutes."""
_ROUNDS = 5
_KILLS = 200
_KILL_TEST = "tests/faults/test_kill.py"
_MAX_MEMORY_RATIO = 1.3


def soak(bench: Bench, minutes: float) -> Iterator[Line]:
    """Run all stages and yield what they find."""
    yield from mixed_lines(bench, 60 * minutes * _WARM_UP_SHARE, 60 * minutes * _MIXED_SHARE)
    seconds = 60 * minutes * _STALLED_SHARE / 2 / _ROUNDS
    for line in BrokenReaders().run(replace(bench, seconds=seconds, rounds=_ROUNDS)):
        yield replace(line, figure=BrokenReaders.name)
    yield killed(max(4, round(min(1.0, minutes / _MINUTES) * _KILLS)))


def mixed_lines(bench: Bench, warm_up: float, seconds: float) -> Iterator[Line]:
    """Put the mixed load on one service twice: for a while, and for long; memory has to stay where it was."""
    with bench.service() as server, recorded(server, 1), watched(server) as memory:
        first = mixed(bench, server, warm_up)
        server.wait_until_quiet()
        before = server.memory() / 1e6
        second = mixed(bench, server, seconds)
        server.wait_until_quiet()
        after = server.memory() / 1e6
    yield _checked(first, second, warm_up + seconds)
    name = f"mixed load: memory after {seconds:.0f} s"
    target = _MAX_MEMORY_RATIO
    curves = (memory.curve("under the mixed load"),)
    yield Line(name, " MB", after, before, f"after {warm_up:.0f} s", target, most=True, figure="soak", curves=curves)
    times, floor_times = Times.of(second.times), Times.of(first.times)
    yield Line(
        "mixed load: update to watchers, p99",
        " ms",
        1000 * times.p99,
        1000 * floor_times.p99,
        f"in the first {warm_up:.0f} s",
        most=True,
        times=times,
        floor_times=floor_times,
        figure="soak",
    )


def _checked(first: Mixed, second: Mixed, seconds: float) -> Line:
    wrong = [*first.wrong, *second.wrong]
    what = (
        f"{second.lines:,} lines, {len(second.times):,} values, {second.revisions:,} revisions of 3 feeds, "
        f"{second.searches:,} searches; {second.reconnected:,} reconnections"
    )
    return Line(
        f"mixed load for {seconds:.0f} s: lost, repeated or out of order",
        "",
        len(wrong),
        first.checked + second.checked,
        "all that was checked",
        0.0,
        most=True,
        note="; ".join([what, *wrong]),
        figure="soak",
    )


def killed(kills: int) -> Line:
    """Kill the service so often under load, at random moments: see tests/faults/test_kill.py."""
    command = [sys.executable, "-m", "pytest", "-q", "-k", "killed_or_stopped", _KILL_TEST]
    environment = os.environ | {"MILLSTREAM_KILLS": str(kills)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    failed = re.findall(r"^(?:E  |FAILED|ERROR).*", done.stdout, re.MULTILINE)
    name = f"kill -9 at {kills} random moments under load: promises broken"
    broken = 0 if done.returncode == 0 else max(1, len(failed))
    return Line(name, "", broken, kills, "kills", 0.0, most=True, note="; ".join(failed), figure="soak")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run for the time that the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="about how long it takes (default: 60)")
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks the numbers of clients")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to a file, for machines")
    options = parser.parse_args(arguments)
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    where = report.machine()
    lines: list[Line] = []
    try:
        with tempfile.TemporaryDirectory(prefix="soak-", dir=folder) as name, Crew() as crew:
            for line in soak(Bench(Path(name), crew, scale=options.scale), options.minutes):
                Console(stderr=True).print(report.summary(line))
                lines.append(line)
                if options.json:  # an hour is long: what was found before an end is worth having
                    options.json.write_text(report.to_json(where, lines) + "\n")
    finally:
        report.show(Console(), where, lines)
    return 0 if all(line.holds for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
