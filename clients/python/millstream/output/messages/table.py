"""All forms of messages, and how a line is looked up among them.

A line is tried against few of them: against those that may begin with its first character, put together into one
pattern; and, only where something in it raises suspicion, against those of which it holds the text.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from millstream.output.lines.diagnostic import Diagnostic
from millstream.output.lines.openings import Openings
from millstream.output.messages.any_tool import ANY_TOOL_ROWS
from millstream.output.messages.apple import APPLE_ROWS
from millstream.output.messages.build_tools import BUILD_TOOL_ROWS
from millstream.output.messages.compilers import COMPILER_ROWS
from millstream.output.messages.javascript import JAVASCRIPT_ROWS
from millstream.output.messages.language_linters import LANGUAGE_LINTER_ROWS
from millstream.output.messages.linkers import LINKER_ROWS
from millstream.output.messages.linters import LINTER_ROWS
from millstream.output.messages.native_test_runners import NATIVE_TEST_RUNNER_ROWS
from millstream.output.messages.other_compilers import OTHER_COMPILER_ROWS
from millstream.output.messages.package_managers import PACKAGE_MANAGER_ROWS
from millstream.output.messages.places import PLACE_ROWS
from millstream.output.messages.programs import PROGRAM_ROWS
from millstream.output.messages.row import Row
from millstream.output.messages.test_runners import TEST_RUNNER_ROWS

ROWS: Final = (
    *PLACE_ROWS,
    *APPLE_ROWS,
    *BUILD_TOOL_ROWS,
    *PACKAGE_MANAGER_ROWS,
    *TEST_RUNNER_ROWS,
    *NATIVE_TEST_RUNNER_ROWS,
    *COMPILER_ROWS,
    *OTHER_COMPILER_ROWS,
    *LINKER_ROWS,
    *JAVASCRIPT_ROWS,
    *ANY_TOOL_ROWS,
    *PROGRAM_ROWS,
    *LANGUAGE_LINTER_ROWS,
    *LINTER_ROWS,
)
"""The first that matches counts: of those with `first`, then of those with `holds`."""


BY_FIRST: Final = Openings[Row]((row.first, row.pattern_without_groups, row) for row in ROWS if row.first)
BY_TEXT: Final = tuple(row for row in ROWS if row.texts)
_BY_TEXTS: Final = tuple(
    (placed, texts, tuple(rows)) for (placed, texts), rows in groupby(BY_TEXT, lambda row: (row.placed, row.texts))
)
_PLACE: Final = re.compile(r":\d")


def find_by_text(text: str) -> tuple[Row, Diagnostic] | None:
    """Return the row of which `text`, which is suspicious, holds what all its lines hold, and what it says."""
    has_place = _PLACE.search(text) is not None
    for placed, texts, rows in _BY_TEXTS:
        if has_place or not placed:
            for each in texts:
                if each in text:
                    for row in rows:
                        if found := row.find(text):
                            return row, found
                    break
    return None
