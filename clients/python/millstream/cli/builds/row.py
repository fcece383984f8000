"""A build as the cells of a table."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.builds.origin import Origin
from millstream.cli.shared.columns import align, one_line, plain_lines
from millstream.cli.shared.style import status_name
from millstream.cli.shared.time_span import age, duration, moment, span

COMMIT_LENGTH = 7


class BuildRow(NamedTuple):
    """One build in words. A cell is never empty, so that a script can separate columns."""

    age: str
    project: str
    scheme: str
    version: str
    number: str
    status: str
    progress: str
    duration: str
    branch: str
    commit: str
    id: str


HEADINGS = BuildRow("AGE", "PROJECT", "SCHEME", "VERSION", "NUMBER", "STATUS", "DONE", "TIME", "BRANCH", "COMMIT", "ID")

# Where rows come one by one, nobody knows how wide the next will be.
USUAL_WIDTHS = BuildRow(
    "999s", "x" * 16, "x" * 12, "1.10.2-beta", "123456", "completed", "100%", "59m 59s", "x" * 12, "x" * 7, "x" * 13
)


def build_row(build: Build, origin: Origin, short_id: str, now: datetime) -> BuildRow:
    """Return the cells of one build, as of now."""
    length = duration(build, now)
    cells = (
        age(moment(build.created_at), now),
        origin.project.name,
        origin.scheme.name,
        build.version_string,
        str(build.build_number or ""),
        status_name(build.status),
        percent(build.progress),
        "" if length is None else span(length),
        build.branch,
        build.commit_hash[:COMMIT_LENGTH],
        short_id,
    )
    return BuildRow(*(one_line(cell) for cell in cells))


def percent(progress: float) -> str:
    """`45%`, rounded down: only what is done says 100%."""
    return f"{int(progress * 100 + 1e-9)}%"


def plain_table(rows: Sequence[BuildRow]) -> Iterator[str]:
    """Return the lines of a table with its headings, as wide as its cells are."""
    return plain_lines([HEADINGS, *rows])


def plain_line(row: BuildRow) -> str:
    """One line of a table whose widths are the usual ones."""
    return align(row, [len(cell) for cell in USUAL_WIDTHS])
