"""What a line complains of: it is looked up in the table of messages.

A word such as "error" alone says nothing: `-Werror`, `error.c` and `0 errors` are not errors.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from millstream.output.lines.diagnostic import Diagnostic
from millstream.output.messages.places import ANY_PLACE
from millstream.output.messages.row import Row
from millstream.output.messages.suspicion import is_suspicious
from millstream.output.messages.table import BY_FIRST, find_by_text

_MAX_INDENT: Final = 8  # of a message; what stands further right is quoted or a source
_TAGS: Final = re.compile(  # of what runs other tools: ant's and maven's [javac], MSBuild's 3>; no level, no count
    r"(?:\[(?!(?:INFO|info|DEBUG|debug|TRACE)\] {0,8}+(?!\[)| {0,6}+[\d,]{1,11}+(?:/|%\]))[\w .:/@-]{1,60}\] {1,8}"
    r"|\d{1,4}(?::\d{1,4})?> ?){1,3}+"
)
_JAVA_PLACE: Final = re.compile(r":\[\d{1,9},\d{1,9}\] ")


def find_diagnostic(text: str) -> Diagnostic | None:
    """Return what the line `text`, which is not blank, complains of; None where it is an ordinary line."""
    bare = text.lstrip() if text[0] == " " or text[0] == "\t" else text
    found = find_message(bare, len(text) - len(bare))
    if found is None and bare[0] in "[0123456789" and (tags := _TAGS.match(bare)):
        bare = bare[tags.end() :]
        found = find_message(bare, 0) if bare else None
    if found is None:
        return None
    return _locate(found[1], bare) if bare[0] == "[" else found[1]


def find_message(bare: str, indent: int) -> tuple[Row, Diagnostic] | None:
    """Return the row of the table that `bare`, a line without its indentation, matches, and what it says."""
    row = BY_FIRST.find(bare) if indent <= _MAX_INDENT else None
    if row is None:
        return find_by_text(bare) if is_suspicious(bare) else None
    found = row.find(bare)
    return None if found is None else (row, found)


def _locate(found: Diagnostic, text: str) -> Diagnostic:
    """Tell messages of maven and sbt that name a place in a source from those that don't."""
    if found.phase is None and (_JAVA_PLACE.search(text) or ANY_PLACE.find(text)):
        return replace(found, located=True)
    return found
