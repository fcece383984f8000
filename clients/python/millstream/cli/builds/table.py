"""The table of builds for a terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.builds.row import BuildRow
from millstream.cli.shared.columns import NOTHING, FittedTable, cell
from millstream.cli.shared.progress_bar import progress_bar
from millstream.cli.shared.style import STATUS_SIGN, STATUS_STYLE

BAR_WIDTH = 10
FITTED = FittedTable(
    narrowest={"PROJECT": 8, "SCHEME": 6, "VERSION": 7, "BRANCH": 8},
    dispensable=("COMMIT", "BRANCH", "SCHEME", "TIME", "VERSION"),
    right=("AGE", "#", "TIME"),
)


def build_table(builds: Sequence[Build], rows: Sequence[BuildRow], width: int) -> Table:
    """Return a table of builds and their rows that fits into so many cells.

    What does not fit is cut with an ellipsis (project, scheme, version, branch), then left out (commit, branch, scheme,
    time, version). Branches have a column where any is known.
    """
    columns = _columns(builds, rows, with_bar=True)
    if not FITTED.fits(columns, width):
        columns = _columns(builds, rows, with_bar=False)
    return FITTED.table(columns, width)


def status_cell(build: Build, row: BuildRow, *, with_bar: bool) -> Text:
    """Return the status in its colour, and how far the build came where that is not plain."""
    status = Text(f"{STATUS_SIGN.get(row.status, '?')} {row.status}", style=STATUS_STYLE.get(row.status, ""))
    if row.status == "running":
        bar = Text.assemble(" ", progress_bar(build.progress, BAR_WIDTH)) if with_bar else Text()
        return Text.assemble(status, bar, (f" {row.progress}", "cyan"))
    if row.status in {"failed", "cancelled"} and 0 < build.progress < 1:
        return Text.assemble(status, (f" {row.progress}", "dim"))
    return status


def _columns(builds: Sequence[Build], rows: Sequence[BuildRow], *, with_bar: bool) -> dict[str, list[Text]]:
    columns = {
        "AGE": [cell(row.age, "dim") for row in rows],
        "PROJECT": [Text(row.project, style="bold") for row in rows],
        "SCHEME": [cell(row.scheme) for row in rows],
        "VERSION": [cell(row.version) for row in rows],
        "#": [cell(row.number) for row in rows],
        "STATUS": [status_cell(build, row, with_bar=with_bar) for build, row in zip(builds, rows, strict=True)],
        "TIME": [cell(row.duration) for row in rows],
        "BRANCH": [cell(row.branch) for row in rows],
        "COMMIT": [cell(row.commit, "dim") for row in rows],
        "ID": [cell(row.id, "blue") for row in rows],
    }
    if all(row.branch == NOTHING for row in rows):
        del columns["BRANCH"]
    return columns
