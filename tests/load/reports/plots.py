"""Pictures of what a run found: `python -m tests.load.reports.plots build/bench.json build/soak.json docs/plots`.

Needs the extra `bench` (`pip install -e '.[bench]'`, or `make plots`). A picture whose figures are in none of the
files is left as it is.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

Row = dict[str, Any]

OURS, BARE, PROMISE, SHORT = "#1f5fa8", "#9aa3ad", "#3a7d44", "#c4501b"
_INK = "#22272e"
_SCORES = (0.25, 0.5, 1, 2, 4)
_FURTHEST = 6
"""A figure that is further from its target is drawn there: its number says how far it is."""
_MAX_LABEL = 75
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "grid.color": "#e3e6ea",
    "svg.hashsalt": "millstream",  # else the same picture is another file each time
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


@contextmanager
def _picture(path: Path, width: float, height: float, columns: int = 1) -> Iterator[list[Axes]]:
    """Give axes to draw on, and write the picture at the end of the block."""
    figure = Figure(figsize=(width, height), layout="constrained")
    yield [figure.add_subplot(1, columns, number + 1) for number in range(columns)]
    figure.savefig(path, metadata={"Date": None})


def _of(rows: Sequence[Row], figure: str, name: str = "") -> list[Row]:
    return [row for row in rows if row["figure"] == figure and name in row["name"]]


def ratios(rows: Sequence[Row], path: Path) -> bool:
    """Draw how far each figure is from its target: 1 is the target, further to the right is better."""
    held = [row for row in rows if row["target"] and row["ratio"] > 0]
    if not held:
        return False
    with _picture(path, 9, 1.0 + 0.3 * len(held)) as [axes]:
        for place, row in enumerate(reversed(held)):
            score = row["target"] / row["ratio"] if row["most"] else row["ratio"] / row["target"]
            score = min(max(score, 1 / _FURTHEST), _FURTHEST)
            colour = OURS if row["holds"] else SHORT
            axes.plot([1, score], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
            axes.plot([score], [place], "o", color=colour, markersize=6)
            side, space = ("left", 7) if score >= 1 else ("right", -7)
            text = f"{row['ratio']:.3g} ({'≤' if row['most'] else '≥'} {row['target']:g})"
            axes.annotate(
                text, (score, place), (space, 0), textcoords="offset points", ha=side, va="center", fontsize=8
            )
        axes.axvline(1, color=_INK, linewidth=1)
        axes.set_yticks(range(len(held)), [_label(row) for row in reversed(held)], fontsize=8)
        axes.set_xscale("log")
        axes.set_xlim(0.3 / _FURTHEST, _FURTHEST / 0.3)
        axes.set_xticks(_SCORES, [f"{score:g}×" for score in _SCORES])
        axes.minorticks_off()
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel("1×: the target is just met; to the right: better")
        axes.set_title("The ratio of each figure to its floor, beside its target")
    return True


def _label(row: Row) -> str:
    text = f"{row['name']}, beside {row['floor_name']}"
    return text if len(text) <= _MAX_LABEL and row["floor_name"] != "the promise" else str(row["name"])


def latency(rows: Sequence[Row], path: Path) -> bool:
    """Draw the distribution of the times from a commit to its subscribers, beside the bare fan-out's."""
    found = [row for row in _of(rows, "latency") if row["times"] and row["name"].startswith("commit")]
    if not found:
        return False
    with _picture(path, 9, 3.6, len(found)) as panels:
        for axes, row in zip(panels, found, strict=True):
            for name, times, colour in (("bare fan-out", "floor_times", BARE), ("Millstream", "times", OURS)):
                points = [1000 * second for second in row[times]["percentiles"]]
                axes.plot(range(101), points, color=colour, linewidth=2, label=name)
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.set_xlim(0, 100)
            axes.set_xticks([0, 25, 50, 75, 99], ["0", "25", "50", "75", "p99"])
            axes.set_xlabel("percentile of the deliveries")
            axes.set_ylabel("ms")
            axes.grid()
            axes.legend(frameon=False, loc="upper left")
            axes.set_title(row["name"].capitalize())
    return True


def fan_out(rows: Sequence[Row], path: Path) -> bool:
    """Draw the deliveries a second over the number of subscribers."""
    found = sorted(_of(rows, "fan-out"), key=lambda row: int(row["count"]))
    if not found:
        return False
    counts = [row["count"] for row in found]
    with _picture(path, 6, 3.6) as [axes]:
        for name, key, colour in (("bare fan-out", "floor", BARE), ("Millstream", "value", OURS)):
            axes.plot(counts, [row[key] for row in found], "o-", color=colour, linewidth=2, label=name)
        axes.set_xscale("log")
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("streams that watch the value")
        axes.set_ylabel("deliveries a second")
        axes.grid(axis="y")
        axes.legend(frameon=False, loc="lower right")
        axes.set_title("One update to many subscribers")
    return True


def stream_memory(rows: Sequence[Row], path: Path) -> bool:
    """Draw the memory of the server for each open stream."""
    beside = {row["floor_name"]: row for row in _of(rows, "burst", "memory of each")}
    if not beside:
        return False
    row, promise = beside["bare streams"], beside["the promise"]["floor"] / 1000
    with _picture(path, 6, 1.9) as [axes]:
        for name, value, colour in (("bare streams", row["floor"], BARE), ("Millstream", row["value"], OURS)):
            [bar] = axes.barh(name, value / 1000, color=colour, height=0.6)
            middle = bar.get_y() + bar.get_height() / 2
            axes.annotate(
                f"{value / 1000:.1f}", (0, middle), (6, 0), textcoords="offset points", va="center", color="white"
            )
        axes.axvline(promise, color=PROMISE, linestyle="--")
        axes.annotate(f"the promise: {promise:.0f}", (promise, 1.45), (4, 0), textcoords="offset points", color=PROMISE)
        axes.set_xlim(0, max(promise, row["value"] / 1000) * 1.25)
        axes.set_ylim(-0.5, 1.8)
        axes.set_xlabel("kB of server memory for each stream")
        axes.set_title(f"{row['count']:,} open streams")
    return True


def _memory_over_time(row: Row, path: Path, title: str, promise: float | None = None) -> None:
    """Draw curves of bytes over seconds; `promise` is how much more than in the beginning there may be, in MB."""
    colours = (OURS, BARE)
    with _picture(path, 8, 3.2) as [axes]:
        for curve, colour in zip(row["curves"], colours, strict=False):
            axes.plot(curve["x"], [size / 1e6 for size in curve["y"]], color=colour, linewidth=1.8, label=curve["name"])
        if promise is not None:
            most = row["curves"][0]["y"][0] / 1e6 + promise
            axes.axhline(most, color=PROMISE, linestyle="--")
            axes.annotate(
                f"the promise: {promise:.0f} MB more", (0, most), (6, 4), textcoords="offset points", color=PROMISE
            )
            axes.set_ylim(top=1.15 * most)
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds")
        axes.set_ylabel("MB of the service's memory")
        axes.grid()
        axes.legend(frameon=False, loc="lower right")
        axes.set_title(title)


def stalled(rows: Sequence[Row], path: Path) -> bool:
    """Draw the memory of two services over time: one has stalled readers, the other has none."""
    found = [row for row in _of(rows, "broken-readers") if row["curves"]]
    for row in found[-1:]:
        _memory_over_time(row, path, f"{row['count']:,} stalled readers beside 1,000 good ones", row["floor"])
    return bool(found)


def soak(rows: Sequence[Row], path: Path) -> bool:
    """Draw the memory of a service under the mixed load."""
    found = [row for row in _of(rows, "soak") if row["curves"]]
    for row in found[-1:]:
        _memory_over_time(row, path, "Everything at once: writers, watchers, tails, feeds, searches, broken clients")
    return bool(found)


PICTURES: dict[str, Callable[[Sequence[Row], Path], bool]] = {
    "ratios": ratios,
    "latency": latency,
    "fan-out": fan_out,
    "stream-memory": stream_memory,
    "stalled-readers": stalled,
    "soak": soak,
}


def draw(rows: Sequence[Row], folder: Path, kind: str = "svg") -> list[Path]:
    """Draw all pictures that there are figures for; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {folder / f"{name}.{kind}": picture for name, picture in PICTURES.items()}
    with mpl.rc_context(_STYLE):
        return [path for path, picture in paths.items() if picture(rows, path)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the files that the command line names and draw."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.reports.plots", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="JSON", help="what --json of a run wrote")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--kind", choices=["svg", "png"], default="svg")
    options = parser.parse_args(arguments)
    rows = [row for file in options.files if file.exists() for row in json.loads(file.read_text())["figures"]]
    for path in draw(rows, options.folder, options.kind):
        print(path)  # noqa: T201 - what it made
    return 0


if __name__ == "__main__":
    sys.exit(main())
