"""A table on a terminal that stays up to date."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from millstream.cli.shared.terminal import stdout_console

# In seconds: between two values of a stream, and between two drawings where only the time has passed.
LEAST_INTERVAL = 0.2
TICK = 1.0


class LiveTable:
    """Where the table stands. It takes as many rows as the terminal has lines for, beside the line below it."""

    def __init__(self, live: Live) -> None:
        self._live = live

    @property
    def width(self) -> int:
        """How wide the table may be, in cells."""
        return self._live.console.width

    @property
    def max_rows(self) -> int:
        """How many rows the table may have."""
        return max(self._live.console.height - 4, 1)

    def show(self, table: Table, note: str) -> None:
        """Draw it in place of what stood there, with a note on what is to be seen."""
        below = Text(f"{note}. Ctrl-C to leave.", style="dim")
        self._live.update(Group(table, Text(), below), refresh=True)


@contextmanager
def live_table() -> Iterator[LiveTable]:
    """Draw on stdout as long as the context lasts."""
    with Live(console=stdout_console(), auto_refresh=False, vertical_overflow="crop") as live:
        yield LiveTable(live)
