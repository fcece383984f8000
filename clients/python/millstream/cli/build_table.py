"""The table of builds for a terminal."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.build_row import NOTHING, BuildRow
from millstream.cli.progress_bar import progress_bar
from millstream.cli.style import STATUS_SIGN, STATUS_STYLE

GAP = 2
BAR_WIDTH = 10
# A column that may be cut with an ellipsis keeps at least so many characters.
NARROWEST = {"PROJECT": 8, "SCHEME": 6, "VERSION": 7}
# Left out one after the other where the terminal is too narrow.
DISPENSABLE = ("COMMIT", "SCHEME", "TIME", "VERSION")


def build_table(builds: Sequence[Build], rows: Sequence[BuildRow], width: int) -> Table:
    """Return a table of builds and their rows that fits into so many cells.

    What does not fit is cut with an ellipsis (project, scheme, version), then left out (commit, scheme, time, version).
    """
    columns = _columns(builds, rows, with_bar=True)
    if _least_width(columns) > width:
        columns = _columns(builds, rows, with_bar=False)
    for heading in DISPENSABLE:
        if _least_width(columns) <= width:
            break
        del columns[heading]
    return _table(columns, width)


def status_cell(build: Build, row: BuildRow, *, with_bar: bool) -> Text:
    """Return the status in its colour, and how far the build came where that is not plain."""
    cell = Text(f"{STATUS_SIGN.get(row.status, '?')} {row.status}", style=STATUS_STYLE.get(row.status, ""))
    if row.status == "running":
        bar = Text.assemble(" ", progress_bar(build.progress, BAR_WIDTH)) if with_bar else Text()
        return Text.assemble(cell, bar, (f" {row.progress}", "cyan"))
    if row.status in {"failed", "cancelled"} and 0 < build.progress < 1:
        return Text.assemble(cell, (f" {row.progress}", "dim"))
    return cell


def _columns(builds: Sequence[Build], rows: Sequence[BuildRow], *, with_bar: bool) -> dict[str, list[Text]]:
    return {
        "AGE": [_dim(row.age) for row in rows],
        "PROJECT": [Text(row.project, style="bold") for row in rows],
        "SCHEME": [_cell(row.scheme) for row in rows],
        "VERSION": [_cell(row.version) for row in rows],
        "#": [_cell(row.number) for row in rows],
        "STATUS": [status_cell(build, row, with_bar=with_bar) for build, row in zip(builds, rows, strict=True)],
        "TIME": [_cell(row.duration) for row in rows],
        "COMMIT": [_dim(row.commit) for row in rows],
        "ID": [_cell(row.id, "blue") for row in rows],
    }


def _cell(text: str, style: str = "") -> Text:
    return Text("" if text == NOTHING else text, style=style)


def _dim(text: str) -> Text:
    return Text("" if text == NOTHING else text, style="dim")


def _natural_width(heading: str, cells: Sequence[Text]) -> int:
    return max([cell_len(heading), *(cell.cell_len for cell in cells)])


def _least_width(columns: dict[str, list[Text]]) -> int:
    widths = [min(_natural_width(heading, cells), NARROWEST.get(heading, 1_000)) for heading, cells in columns.items()]
    return sum(widths) + GAP * (len(widths) - 1)


def _cut_widths(columns: dict[str, list[Text]], width: int) -> dict[str, int]:
    """Return the width of each column: the widest that can be cut gives way first."""
    widths = {heading: _natural_width(heading, cells) for heading, cells in columns.items()}
    excess = sum(widths.values()) + GAP * (len(widths) - 1) - width
    while excess > 0:
        givers = [heading for heading in widths if widths[heading] > NARROWEST.get(heading, 1_000)]
        if not givers:
            break
        widths[max(givers, key=widths.__getitem__)] -= 1
        excess -= 1
    return widths


def _table(columns: dict[str, list[Text]], width: int) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim")
    for heading, column_width in _cut_widths(columns, width).items():
        table.add_column(
            heading,
            width=column_width,
            no_wrap=True,
            overflow="ellipsis",
            justify="right" if heading in {"AGE", "#", "TIME"} else "left",
        )
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table
