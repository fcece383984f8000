"""Whether a line may hold a message somewhere in it: a cheap look that keeps most lines from a dear one.

Nearly every message has a colon, and a word that all the world uses, or right behind the colon one that few lines have.
"""

from __future__ import annotations

import re
from typing import Final

_BEHIND_COLON: Final = re.compile(
    r":(?:"
    r"\d{1,9}:(?:\d{1,9}:)? {0,3}[^\s\d]"  # a place, and no time
    r"|\d{1,9}(?::\d{1,9})? MD\d|\d{1,9}:\t|\d{1,9} \[[A-Z]\] |\d{1,9}:\d{1,9} (?:lint|parse|assist)|\[\d{1,9},\d"
    r"|\([EFW]\) "
    r"| {1,3}(?=[\[*\w])(?:[Ee]rre|[Ff]ehl|[Aa]vert|[Aa]viso|[Aa]vviso|[Aa]ttent|[Aa]dvert|Deprec|[Hh]int|[Rr]emark"
    r"|[Ss]uggest|style|perf|portab|[Cc]rit|CRIT|[Ff]atal|FATAL|[Nn]ote|[Ii]nfo|Fail|ld returned|undefined "
    r"|multiple def|relocation |hidden |can(?:not |'t )|Cannot |No such |Permission "
    r"|not found|Exiting |code obj|Msg\(|Err\(|File not|Unknown command|unable "
    r"|[Cc]ommand not"
    r"|errSec|Assertion |running |file: |Circular |ok=|\*|\[\"|line \d)"
    r"| (?:(?<=\d\]: )[a-z'\"]| (?<=\d\):  ))"  # of tslint and cpplint
    r")"
)
_OTHER_SCRIPT: Final = re.compile(r"[\u0400-\u04ff\u3000-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_ENDS: Final = ("Error", "Exception", "Failure", "ERROR")


def is_suspicious(text: str) -> bool:
    """Return whether a row with `holds` may match `text`."""
    if "ailed" in text or "FAIL" in text or text.endswith(_ENDS):
        return True
    if ":" not in text:
        return ", column " in text
    if "-Werror" in text:  # half of the commands of a build
        text = text.replace("-Werror", "")
    if "rror" in text or "arn" in text or "RROR" in text or "WARN" in text or "ld: " in text:
        return True
    if _BEHIND_COLON.search(text) or "xception: " in text or ", column " in text:
        return True
    return text[0] == '"' or (not text.isascii() and _OTHER_SCRIPT.search(text) is not None)
