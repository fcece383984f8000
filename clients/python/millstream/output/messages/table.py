"""All forms of messages, and how a line is looked up among them.

A line is tried against few of them: against those that may begin with its first character, put together into one
pattern; and, only where something in it raises suspicion, against those of which it holds the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import groupby
from typing import Final

from millstream.output.messages.any_tool import ANY_TOOL_ROWS
from millstream.output.messages.apple import APPLE_ROWS
from millstream.output.messages.build_tools import BUILD_TOOL_ROWS
from millstream.output.messages.compilers import COMPILER_ROWS
from millstream.output.messages.javascript import JAVASCRIPT_ROWS
from millstream.output.messages.linkers import LINKER_ROWS
from millstream.output.messages.linters import LINTER_ROWS
from millstream.output.messages.native_test_runners import NATIVE_TEST_RUNNER_ROWS
from millstream.output.messages.places import PLACE_ROWS
from millstream.output.messages.programs import PROGRAM_ROWS
from millstream.output.messages.row import Row
from millstream.output.messages.suspicion import is_suspicious
from millstream.output.messages.test_runners import TEST_RUNNER_ROWS

ROWS: Final = (
    *PLACE_ROWS,
    *APPLE_ROWS,
    *BUILD_TOOL_ROWS,
    *TEST_RUNNER_ROWS,
    *NATIVE_TEST_RUNNER_ROWS,
    *COMPILER_ROWS,
    *LINKER_ROWS,
    *JAVASCRIPT_ROWS,
    *ANY_TOOL_ROWS,
    *PROGRAM_ROWS,
    *LINTER_ROWS,
)
"""The first that matches counts: of those with `first`, then of those with `holds`."""


class RowsByFirst:
    """Rows that begin with the same character, as one pattern."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All rows' patterns, each a group; compiled when it is first needed."""
        return re.compile("|".join(f"({row.pattern_without_groups})" for row in self._rows))

    def find(self, text: str) -> Row | None:
        """Return the first row that matches."""
        match = self.pattern.match(text)
        return None if match is None or match.lastindex is None else self._rows[match.lastindex - 1]


def _by_first(rows: Iterable[Row]) -> dict[str, RowsByFirst]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for first in dict.fromkeys(row.first):
            found.setdefault(first, []).append(row)
    return {first: RowsByFirst(same) for first, same in found.items()}


BY_FIRST: Final = _by_first(ROWS)
BY_TEXT: Final = tuple(row for row in ROWS if row.texts)
_BY_TEXTS: Final = tuple((texts, tuple(rows)) for texts, rows in groupby(BY_TEXT, lambda row: row.texts))


def find_by_first(text: str) -> Row | None:
    """Return the row that begins as `text`, which is not empty, does."""
    rows = BY_FIRST.get(text[0])
    return None if rows is None else rows.find(text)


def find_by_text(text: str) -> Row | None:
    """Return the row of which `text` holds what all its lines hold."""
    if not is_suspicious(text):
        return None
    for texts, rows in _BY_TEXTS:
        if _holds(text, texts):
            for row in rows:
                if row.find(text):
                    return row
    return None


def _holds(text: str, texts: tuple[str, ...]) -> bool:
    if len(texts) == 1:
        return texts[0] in text
    return any(each in text for each in texts)
