"""The line at the bottom of a terminal that says how the build is doing, and what scrolls above it.

Written by hand, not by rich's Live: a log of a million lines must not be drawn a million times.
"""

from datetime import datetime

from rich.console import Console
from rich.text import Text

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.builds.row import percent
from millstream.cli.shared.printable import visible
from millstream.cli.shared.progress_bar import progress_bar
from millstream.cli.shared.style import STATUS_SIGN, STATUS_STYLE, status_name
from millstream.cli.shared.tally import Tally, format_count
from millstream.cli.shared.time_span import duration, span

ERASE_LINE = "\r\x1b[2K"
BAR_WIDTH = 20


class StatusLine:
    """Writes text to a terminal and keeps one line below it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = False

    def write(self, text: str, status: Text | None) -> None:
        """Write whole lines, then the status in place of the one before; None: no status any more."""
        line = "" if status is None else self._render(status)
        erase = ERASE_LINE if self._shown else ""
        self._shown = bool(line)  # said first: Ctrl-C may interrupt writing
        if text or erase or line:
            self._console.file.write(f"{erase}{text}{line}")
            self._console.file.flush()

    def _render(self, status: Text) -> str:
        """Cut to the terminal's width: a line that wraps can't be erased."""
        fitting = status.copy()
        fitting.truncate(self._console.width - 1, overflow="ellipsis")
        with self._console.capture() as capture:
            self._console.print(fitting, end="", no_wrap=True, crop=False)
        return capture.get()


def running_status(build: Build, name: str, tally: Tally, now: datetime) -> Text:
    """`● running ━━━━━━╸───── 45%  1m 04s  1,234 lines  2 warnings  1 error  zlib 1.3.1 #4`."""
    length = duration(build, now)
    status = _sign(build)
    if build.progress > 0:
        status.append("  ").append_text(progress_bar(build.progress, BAR_WIDTH))
        status.append(f" {percent(build.progress)}", "cyan")
    _append_all(status, [*([] if length is None else [Text(span(length))]), *_counts(tally)])
    return status.append("  ").append(name, "dim")


def final_status(build: Build, name: str, tally: Tally, now: datetime) -> Text:
    """`✓ completed in 1m 12s  3,456 lines  2 warnings  zlib 1.3.1 #4`."""
    length = duration(build, now)
    status = _sign(build).append("" if length is None else f" in {span(length)}")
    _append_all(status, _counts(tally))
    return status.append("  ").append(name, "dim")


def _counts(tally: Tally) -> list[Text]:
    counts = [Text(format_count(tally.total, "line"), style="dim")]
    if tally.warnings:
        counts.append(Text(format_count(tally.warnings, "warning"), style="yellow"))
    if tally.errors:
        counts.append(Text(format_count(tally.errors, "error"), style="red"))
    return counts


def _sign(build: Build) -> Text:
    name = status_name(build.status)
    return Text.assemble((f"{STATUS_SIGN.get(name, '?')} {name}", STATUS_STYLE.get(name, "")))


def _append_all(status: Text, parts: list[Text]) -> None:
    for part in parts:
        status.append("  ").append_text(part)


def build_name(project: str, build: Build) -> str:
    """`zlib 1.3.1 #4`, as far as it is known."""
    number = f"#{build.build_number}" if build.build_number else ""
    return visible(" ".join(part for part in (project, build.version_string, number) if part))
