"""Whether a line may hold a message somewhere in it: a cheap look that keeps most lines from a dear one.

Nearly every message has a colon, and what makes it one stands right before or right behind a colon. To look there
costs a tenth of looking for fifty texts in all of the line.
"""

from __future__ import annotations

import re
from typing import Final

from millstream.output.messages.words import ADJECTIVES

_LEVEL: Final = (
    r"[Ee]rr|ERR|[Ww]arn|WARN|[Ff]atal|FATAL|[Cc]ritical|CRIT|[A-Z]\w{0,40}Warning|Depreca|[Nn]ote|NOTE|[Rr]emark"
    r"|[Ii]nfo|INFO"
    r"|[Hh]int|HINT|[Ss]uggest|help|[Mm]essage|style|perfor|portab|[Ff]ehler|[Aa]vertis|[Aa]ttention|[Aa]viso"
    r"|[Aa]dvert|[Aa]vviso"
    r"|ошиб|предуп|エラー|错误|錯誤|오류|警告|경고"
)
_BEFORE: Final = (
    r"(?<=\d:)(?=[ \tA-Za-z])|(?<=\]:)|(?<=\d\):)|(?<=rror:)|(?<=RROR:)|(?<=eption:)|(?<=lure:)|(?<=warn:)|(?<=arning:)"
    r"|(?<=ld:)|(?<=ar:)|(?<=sh:)|(?<=gold:)|(?<=lipo:)|(?<=line \d:)"
)
_BEHIND: Final = (
    rf"|:? {{0,4}}[\[(*]?(?:{ADJECTIVES}(?:{_LEVEL}))"
    r"|None:|\w{3}-\w{2}-\w{3}:|\d{1,9}(?:[:.,-]\d{1,9}){0,3}(?: -|[ :]\[| (?:DL|SC)\d|,)"
    r"| {1,3}(?:undefined |multiple def|relocation |hidden |can(?:not |'t |’t )|Cannot |No such |Permission "
    r"|not found|failed "
    r"|Exiting |code obj|errSec|Assertion |running |file: |Circular |ok=|FAIL|Fail|\*|line \d)"
)
_COLON: Final = re.compile(f":(?:{_BEFORE}{_BEHIND})")
_ENDS: Final = ("Error", "Exception", "Failure", "ERROR")


def is_suspicious(text: str) -> bool:
    """Return whether a row with `holds` may match `text`."""
    if ":" in text and _COLON.search(text):
        return True
    return "FAIL" in text or "***" in text or "ailed" in text or text.endswith(_ENDS) or ", line " in text
