"""What mail and web pages do to a text that is pasted into them, undone."""

import html
import quopri
import re
from collections.abc import Iterator

_MAX_LEVELS = 10  # of quoting
_QUOTED = re.compile(r"[ \t]{0,8}[>|]")
_ENTITY = re.compile(r"&(?:quot|gt|#34|#62);")
_SOFT_BREAK = re.compile(r"=[ \t]*\n")
_ENCODED = re.compile(r"=(?:3D|22|20|C2|E2)")


def readings(text: str) -> Iterator[str]:
    """Yield what `text` may have been before it was mailed, the most quoted part first; `text` itself comes last.

    Lines end with a line feed alone. Takes time in proportion to the text.
    """
    if _SOFT_BREAK.search(text) and _ENCODED.search(text):
        yield from _unquote(quopri.decodestring(text.encode()).decode("utf-8", "replace"))
    if _ENTITY.search(text):
        yield from _unquote(html.unescape(text))
    yield from _unquote(text)


def _unquote(text: str) -> Iterator[str]:
    levels = [text]
    while len(levels) <= _MAX_LEVELS and (inner := _without_quotes(levels[-1])):
        levels.append(inner)
    yield from reversed(levels)


def _without_quotes(text: str) -> str:
    """Take the longest run of quoted lines, each without one mark; empty where no line is quoted."""
    lines = text.split("\n")
    first, end = _longest_run([_QUOTED.match(line) is not None for line in lines])
    inner = [_QUOTED.sub("", line, count=1) for line in lines[first:end]]
    if all(line.startswith(" ") for line in inner if line):
        inner = [line[1:] for line in inner]
    return "\n".join(inner)


def _longest_run(flags: list[bool]) -> tuple[int, int]:
    longest = (0, 0)
    start = None
    for index, flag in enumerate([*flags, False]):
        if not flag:
            if start is not None and index - start > longest[1] - longest[0]:
                longest = (start, index)
            start = None
        elif start is None:
            start = index
    return longest
