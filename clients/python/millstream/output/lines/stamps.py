"""What services and tools put before each line of the output of others: times, and names of steps."""

from __future__ import annotations

import re
from typing import Final

_DAY: Final = (
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d?[-/.](?:\d\d?|[A-Z][a-z]{2})[-/.](?:\d{4}|\d\d)|[A-Z][a-z]{2} \d\d?, \d{4})"
)
_TIME: Final = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_MOMENT: Final = rf"(?:{_DAY}[T ])?{_TIME}(?: ?[AP]M)?(?:Z|[+-]\d\d:?\d\d)?"
_STAMPS: Final = (
    rf"{_MOMENT} (?:\d\d[OE][ +])?",  # GitHub, GitLab, maven, Jenkins
    rf"[\[(]{_MOMENT}[\])](?:: | {{1,2}}(?=\S)|[WEF]?:\t?| :\t? ?)",  # Jenkins, bazel, fastlane, TeamCity
    rf"(?:[A-Z][a-z]{{2}} )?[A-Z][a-z]{{2}} [ \d]\d {_TIME} (?:(?:[A-Z]{{3,4}} )?20\d\d )?",  # ts, date
    r"\[ {0,8}\d{1,8}\.\d{1,9}s?\] ",  # seconds since the start
    r"#\d{1,4} (?:\d{1,6}\.\d{1,4} |(?=ERROR|WARN))",  # docker build
    r"[a-z][\w.-]{1,60}[-_]\d{1,3} {1,40}\| ",  # docker compose
    r"\[[\w ./-]{1,80}\] {1,3}\| ",  # act
    r"[▸│] ",  # xcpretty; terraform
)
_ALL: Final = re.compile(f"(?:{'|'.join(_STAMPS)}){{1,4}}+")
STAMPED: Final = frozenset("0123456789[(#▸│ADFJMNOSTW")
"""What a line with a stamp begins with, if it has no ` | `."""
_COMPOSED: Final = re.compile(_STAMPS[5])


def without_stamp(text: str) -> str:
    """Return the line `text`, which is not empty, as the tool wrote it."""
    if text[0] in STAMPED:
        stamp = _ALL.match(text)
    elif " | " in text:
        stamp = _COMPOSED.match(text)
    else:
        return text
    return text if stamp is None else text[stamp.end() :]
