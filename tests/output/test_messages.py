"""Each row of the table of messages is tried on the lines that stand beside it."""

import pytest

from millstream.output.diagnostics import find_diagnostic, find_message
from millstream.output.lines.diagnostic import ERROR, INFO, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.table import ROWS

LINES = [
    (row, level, line)
    for row in ROWS
    for level, lines in ((ERROR, row.errors), (WARNING, row.warnings), (INFO, row.notes))
    for line in lines
]
OTHERS = [(row, line) for row in ROWS for line in row.others]


@pytest.mark.parametrize(("row", "level", "line"), LINES, ids=[f"{row.tool}: {line}" for row, _, line in LINES])
def test_a_line_gets_its_level_from_the_row_beside_which_it_stands(row: Row, level: int, line: str) -> None:
    found = find_diagnostic(line)
    assert found is not None
    assert found.level == level


@pytest.mark.parametrize(("row", "line"), OTHERS, ids=[f"{row.tool}: {line}" for row, line in OTHERS])
def test_a_line_that_looks_alike_is_nothing(row: Row, line: str) -> None:
    found = find_diagnostic(line)
    assert found is None or found.level == INFO


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.tool)
def test_a_row_shows_a_line_of_each_level_that_it_gives(row: Row) -> None:
    given = {ERROR: row.errors, WARNING: row.warnings, INFO: row.notes}
    names = {ERROR: "(?P<error>", WARNING: "(?P<warning>", INFO: "(?P<note>"}
    gives = {row.level} if row.level is not None else {level for level, name in names.items() if name in row.pattern}
    assert {level for level, lines in given.items() if lines} == gives


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.tool)
def test_no_row_is_hidden_by_others(row: Row) -> None:
    lines = [line.lstrip(" \t") for line in (*row.errors, *row.warnings, *row.notes)]
    found = [find_message(line, 0) for line in lines]
    assert any(message is not None and message[0] is row for message in found)
