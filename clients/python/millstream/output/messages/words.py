"""The words of which patterns are put together: what tools call an error, and where it is."""

from __future__ import annotations

import re
from typing import Final

_ERROR: Final = (
    r"[Ee]rror|ERROR|[Ff]atal|FATAL|[Cc]ritical|CRITICAL"
    "|[Ff]ehler|[Ee]rreur|[Ee]rrore?|[Ee]rro|ошибка|エラー|错误|錯誤|오류"
)
_WARNING: Final = (
    r"[Ww]arning|WARNING|[Ww]arn|WARN|[A-Z]\w{0,40}Warning|Deprecation"
    "|[Ww]arnung|[Aa]vertissement|[Aa]ttention|[Aa]viso|[Aa]dvertencia|[Aa]vviso|предупреждение|警告|경고"
    "|style|performance|portability"
)
_NOTE: Final = r"[Nn]ote|NOTE|[Rr]emark|[Ii]nfo|INFO|[Ii]nformation|[Hh]int|HINT|[Ss]uggestion|help|[Mm]essage"
LEVELS: Final = f"{_ERROR}|{_WARNING}|{_NOTE}"
WORD: Final = f"(?:(?P<error>{_ERROR})|(?P<warning>{_WARNING})|(?P<note>{_NOTE}))"
"""The level of a message, in the languages that gcc, MSVC and javac speak."""

SPOKEN: Final = (
    *("rror", "ERROR", "arning", "WARNING", "atal", "FATAL", "ritical", "CRITICAL", "arn: ", "WARN", "Deprecation"),
    *("note", "emark", "info: ", "uggestion", "hint", "help: ", "style: ", "performance: ", "portability: "),
    *("ehler", "rreur", "ошибка", "エラー", "错误", "錯誤", "오류"),
    *("arnung", "vertissement", "ttention", "viso", "dvertencia", "vviso", "предупреждение", "警告", "경고"),
)
"""What each line that `WORD` matches has in it, give or take what is rare."""

ADJECTIVES: Final = r"(?:(?![Ee]rror|ERROR|[Ww]arn|WARN|[Nn]ote)[A-Za-z]{2,20}[ -]){0,3}?"
"""`fatal`, `internal compiler`, `parser`: whatever stands before the word."""

CODE: Final = (
    r"(?: {0,2}(?:[A-Za-z#]{0,12}-?[\da-fA-F]{1,8}(?:-[A-Z]{1,2})?|[A-Z]{3}|[\w-]{1,40}(?= : )"  # C2065 #1675-D XXX
    r"|\[[^\]\s]{1,60}\]|\([^()]{1,40}\)))?"  # [E0308] (dcc:1521)
)
FOLDER: Final = r"(?:[^\s:()'\"`]{0,300}[/\\])?"

SAYS_NOTHING: Final = r"(?! {0,9}+(?:0|none|null|nil|false|no|ok)[.,]?\Z)"
"""Not before `0` and the like: `error: 0`."""

INDENTED: Final = re.compile(r"[ \t]{1,100}+\S")
INDENTED_OR_BLANK: Final = re.compile(r"[ \t]|\Z")
TABBED: Final = re.compile(r"\t")
WHILE_PARSING: Final = re.compile(r"(?:# )?\*\* (?:while parsing |at )")
"""What Modelsim says behind the level, line by line: where it is, and what."""
UNTIL_BLANK: Final = re.compile(r"[ \t]*+\S")
SOME: Final = r"[1-9]\d{0,8}"
"""A count that is not zero."""
