"""Measures the service: each figure beside its floor, taken in turn in the same run.

Exits 1 with --strict where a ratio misses its target; timings are noisy, so it is not the default.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.load.bench import Bench, Figure
from tests.load.figures.interference import ROWS
from tests.load.figures.registry import FIGURES
from tests.load.ghz import NotHadError
from tests.load.measures import Line
from tests.load.processes import ROOT, Crew
from tests.load.reports import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line names, by default all that is quick."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    folder = options.folder or ROOT / "build"
    folder.mkdir(exist_ok=True)
    chosen = [one for one in FIGURES if one.name in options.figures or (not options.figures and one.by_default)]
    where = report.machine()
    lines: list[Line] = []
    left_out: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="load-", dir=folder) as name, Crew() as crew:
            bench = Bench(Path(name), crew, options.seconds, options.rounds, options.scale, rows=tuple(options.rows))
            lines.extend(_measured(console, chosen, bench, left_out))
    finally:  # what was measured before an error is worth seeing
        report.show(Console(), where, lines)
        for reason in left_out:
            Console().print(f"left out: {reason}")
        if options.json:
            options.json.write_text(report.to_json(where, lines, left_out) + "\n")
        if options.markdown:
            options.markdown.write_text(report.to_markdown(where, lines) + "\n")
    return 1 if options.strict and not all(line.holds for line in lines) else 0


def _measured(console: Console, figures: Sequence[Figure], bench: Bench, left_out: list[str]) -> Iterator[Line]:
    """Yield what is found; note in `left_out` which figures need a tool that is not here."""
    with console.status("") as status:
        for figure in figures:
            status.update(f"measuring {figure.name}")
            begun = time.monotonic()
            try:
                for found in figure.run(bench):
                    line = replace(found, figure=figure.name)
                    console.print(report.summary(line))
                    yield line
            except NotHadError as error:
                left_out.append(f"{figure.name}: {error}")
            console.print(f"{figure.name} took {time.monotonic() - begun:.0f} s", style="dim")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    names = [one.name for one in FIGURES]
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"what to measure: {', '.join(names)}")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each side runs each time (default: 1.5)")
    parser.add_argument("--rounds", type=int, default=5, help="how often floor and figure take turns (default: 5)")
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks the data: 0.01 for a quick look")
    rows = "of interference, measure these rows alone: " + ", ".join(ROWS)
    parser.add_argument("--rows", nargs="+", default=[], choices=ROWS, metavar="ROW", help=rows)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file, for machines")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table to a file, for docs")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a ratio misses its target")
    parser.add_argument("--folder", type=Path, help="where the databases are put (default: build/, on the same disk)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
