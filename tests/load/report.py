"""What a run found: a table for people, JSON for machines."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import psutil
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.load.measures import Line, Times


def machine() -> str:
    """Return what the figures were taken on."""
    return (
        f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def show(console: Console, lines: Sequence[Line]) -> None:
    """Print lines as a table. The ratio comes first: on other machines, too, it should be about the same."""
    table = Table(
        title=f"Beside their floors, on {machine()}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("figure", ratio=1)
    for name in ("ratio", "target", "measured", "floor", "unit"):
        table.add_column(name, justify="left" if name == "unit" else "right", no_wrap=True)
    for line in lines:
        colour = "" if line.target is None else "green" if line.holds else "red"
        ratio = Text(f"{line.ratio:.3g}", style=colour)
        table.add_row(_described(line), ratio, target_text(line), amount(line.value), amount(line.floor), line.unit)
    console.print(table)


def _described(line: Line) -> Text:
    """Return the name of a line, and below it what it stands beside."""
    details = [f"floor: {line.floor_name}"]
    if line.times:
        details.append(f"p50 / p99 / max: {times_text(line.times)}")
    if line.floor_times:
        details.append(f"the floor's: {times_text(line.floor_times)}")
    if line.note:
        details.append(line.note)
    return Text.assemble(line.name, ("".join(f"\n  {detail}" for detail in details), "dim"))


def target_text(line: Line) -> str:
    """Return the target of a line, or nothing."""
    return "" if line.target is None else f"{'≤' if line.most else '≥'} {line.target:g}"


def amount(value: float) -> str:
    """Return a number to three digits or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times_text(times: Times) -> str:
    """Return times in milliseconds."""
    return " / ".join(f"{1000 * one:.3g}" for one in (times.p50, times.p99, times.longest)) + " ms"


def to_json(lines: Sequence[Line]) -> str:
    """Return lines as JSON."""
    rows: list[dict[str, Any]] = [asdict(line) | {"ratio": line.ratio, "holds": line.holds} for line in lines]
    return json.dumps({"machine": machine(), "figures": rows}, indent=2)
