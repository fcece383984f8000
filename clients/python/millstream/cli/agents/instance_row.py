"""An instance as the cells of a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from millstream.agents.v1.instance_pb2 import Instance
from millstream.cli.agents.style import STATUS_SIGN, STATUS_STYLE, status_name, type_name
from millstream.cli.shared.columns import FittedTable, align, cell, one_line
from millstream.cli.shared.time_span import age, moment

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


class InstanceRow(NamedTuple):
    """One instance in words. A cell is never empty, so that a script can separate columns."""

    age: str
    id: str
    type: str
    status: str
    issue: str
    pull_request: str
    active: str
    parent: str
    branch: str


HEADINGS = InstanceRow("AGE", "ID", "TYPE", "STATUS", "ISSUE", "PR", "ACTIVE", "PARENT", "BRANCH")

# Where rows come one by one, nobody knows how wide the next will be.
USUAL_WIDTHS = InstanceRow(
    "999s", "x" * 14, "planning", "waiting_review", "#12345", "#12345", "999s ago", "x" * 14, "x" * 20
)
FITTED = FittedTable(
    narrowest={"ID": 16, "PARENT": 16, "BRANCH": 8},
    dispensable=("BRANCH", "PARENT", "ACTIVE", "PR", "TYPE", "ISSUE"),
    right=("AGE", "ISSUE", "PR", "ACTIVE"),
)


def instance_row(instance: Instance, now: datetime) -> InstanceRow:
    """Return the cells of one instance, as of now."""
    active = age(moment(instance.last_activity), now) if instance.HasField("last_activity") else ""
    cells = (
        age(moment(instance.created_at), now),
        instance.id,
        type_name(instance.type),
        status_name(instance.status),
        format_number(instance.issue_number),
        format_number(instance.pr_number),
        active,
        instance.parent_instance_id,
        instance.branch_name,
    )
    return InstanceRow(*(one_line(text) for text in cells))


def format_number(number: int) -> str:
    """`#123`, or nothing for 0."""
    return f"#{number}" if number else ""


def plain_line(row: InstanceRow) -> str:
    """One line of a table whose widths are the usual ones."""
    return align(row, [len(text) for text in USUAL_WIDTHS])


def status_text(status: str) -> "Text":
    """Return the status with its sign, in its colour."""
    from rich.text import Text

    return Text(f"{STATUS_SIGN.get(status, '?')} {status}", style=STATUS_STYLE.get(status, ""))


def instance_table(rows: Sequence[InstanceRow], width: int) -> "Table":
    """Return a table that fits into so many cells: what does not is cut, then left out (branch, parent, …)."""
    columns = {
        "AGE": [cell(row.age, "dim") for row in rows],
        "ID": [cell(row.id, "bold") for row in rows],
        "TYPE": [cell(row.type) for row in rows],
        "STATUS": [status_text(row.status) for row in rows],
        "ISSUE": [cell(row.issue) for row in rows],
        "PR": [cell(row.pull_request) for row in rows],
        "ACTIVE": [cell(row.active) for row in rows],
        "PARENT": [cell(row.parent, "blue") for row in rows],
        "BRANCH": [cell(row.branch) for row in rows],
    }
    return FITTED.table(columns, width)
