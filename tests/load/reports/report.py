"""What a run found: a table for people, JSON for machines."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib.metadata import version
from typing import Any

import psutil
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.load.measures import Line, Times


def machine() -> str:
    """Return what the figures are taken on, and how busy it is with other things just now: looks for a second."""
    return (
        f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, grpcio {version('grpcio')}; "
        f"{psutil.cpu_percent(1.0):.0f} % busy with other things"
    )


def show(console: Console, where: str, lines: Sequence[Line]) -> None:
    """Print lines as a table, and below it what each stands beside.

    The ratio comes first: it should be about the same on other machines.
    """
    table = Table(title=where, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("ratio", "target", "measured", "floor"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("figure")
    for line in lines:
        colour = "" if line.target is None else "green" if line.holds else "red"
        ratio = Text(f"{line.ratio:.3g}", style=colour)
        table.add_row(ratio, target_text(line), *_amounts(line), line.name)
    console.print(table)
    for line in lines:
        console.print(Text.assemble(line.name, (f" beside {line.floor_name}", "dim")))
        for detail in details(line):
            console.print(Text(f"  {detail}", style="dim"))


def summary(line: Line) -> str:
    """Return a line in short: the ratio, and what it is of."""
    measured, floor = _amounts(line)
    return f"{line.name}: {line.ratio:.3g} of {line.floor_name} {target_text(line)} ({measured}, {floor})"


def details(line: Line) -> list[str]:
    """Return what there is to say about a line but for its numbers."""
    some = [f"p50 / p99 / max: {times_text(line.times)}"] if line.times else []
    if line.floor_times:
        some[-1:] = [f"{some[-1]}, the floor's {times_text(line.floor_times)}"]
    return [*some, line.note] if line.note else some


def target_text(line: Line) -> str:
    """Return the target of a line, or nothing."""
    return "" if line.target is None else f"{'≤' if line.most else '≥'} {line.target:g}"


def amount(value: float) -> str:
    """Return a number to three digits or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times_text(times: Times) -> str:
    """Return times in milliseconds."""
    return " / ".join(f"{1000 * one:.3g}" for one in (times.p50, times.p99, times.longest)) + " ms"


def to_markdown(where: str, lines: Sequence[Line]) -> str:
    """Return lines as a table of Markdown."""
    rows = [
        f"| {line.name}, beside {line.floor_name} | {line.ratio:.3g} | {_judged(line)} "
        f"| {' | '.join(_amounts(line))} | {_milliseconds(line.times)} |"
        for line in lines
    ]
    head = ["| figure | ratio | target | measured | floor | p50 / p99 / max |", "|-|-|-|-|-|-|"]
    return "\n".join([where, "", *head, *rows])


def from_json(text: str) -> tuple[str, list[Line]]:
    """Return what `to_json` was given: where, and the lines, without their curves."""
    found = json.loads(text)
    return found["machine"], [_line(row) for row in found["figures"]]


def _line(row: dict[str, Any]) -> Line:
    values = {field.name: row[field.name] for field in fields(Line)} | {"curves": ()}
    for name in ("times", "floor_times"):
        values[name] = Times(**values[name]) if values[name] else None
    return Line(**values)


def _amounts(line: Line) -> tuple[str, str]:
    """Return the figure and its floor, with their unit."""
    return amount(line.value) + line.unit, amount(line.floor) + line.unit


def _milliseconds(times: Times | None) -> str:
    return times_text(times) if times else ""


def _judged(line: Line) -> str:
    return "" if line.target is None else f"{target_text(line)} {'✓' if line.holds else '✗'}"


def to_json(where: str, lines: Sequence[Line], left_out: Sequence[str] = ()) -> str:
    """Return lines as JSON, and which figures were left out, and why."""
    rows: list[dict[str, Any]] = [asdict(line) | {"ratio": line.ratio, "holds": line.holds} for line in lines]
    return json.dumps({"machine": where, "figures": rows, "left_out": list(left_out)}, indent=2)
