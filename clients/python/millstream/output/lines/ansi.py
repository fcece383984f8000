"""Terminal escapes and control characters, and text without them.

There are two kinds. Decoration (colours, titles, hyperlinks, stray control characters) is taken out of the
text and leaves it as it was. Motion (carriage return, backspace, cursor movement, erasing) changes what stands in
the line: `row.Row` plays it.

Every pattern is linear: whatever may repeat is either bounded or possessive, so nothing is ever tried again.
"""

from __future__ import annotations

import re
from typing import Final

MAX_STRING_ESCAPE: Final = 1 << 20
"""The longest payload of a string escape, in characters. A longer one was never closed: its text is text."""

_CSI = r"\x1b\[[0-?]{0,256}+[ -/]{0,16}+[@-~]?+"
_OSC = rf"\x1b\][^\x07\x1b\n]{{0,{MAX_STRING_ESCAPE}}}+(?:\x07|\x1b\\)"
_DEVICE_STRING = rf"\x1b[PX^_][^\x1b\n]{{0,{MAX_STRING_ESCAPE}}}+\x1b\\"
_CHARSET = r"\x1b[ -/]{1,16}+[0-~]?+"
_SINGLE = r"\x1b[0-~]?+"
ESCAPE: Final = re.compile(f"{_CSI}|{_OSC}|{_DEVICE_STRING}|{_CHARSET}|{_SINGLE}")
"""One escape. Of one that is broken or never closed, only its introduction: the rest is text."""

UNFINISHED: Final = re.compile(
    r"\x1b(?:"
    r"\[[0-?]{0,256}+[ -/]{0,16}+"
    rf"|\][^\x07\x1b\n]{{0,{MAX_STRING_ESCAPE}}}+\x1b?+"
    rf"|[PX^_][^\x1b\n]{{0,{MAX_STRING_ESCAPE}}}+\x1b?+"
    r"|[ -/]{0,16}+"
    r")\Z"
)
"""An escape that reaches the end of the text and may go on in what comes next."""

CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""A character that is not shown: C0 but the tab and the line feed, DEL, C1."""

MOTION: Final = re.compile(r"[\r\x08]|\x1b\[[0-9;]{0,64}+[A-HJf`adsu]|\x1b\[[0-9;]{1,64}+K|\x1b[78DEMc]")
"""What moves the cursor or erases. `ESC [ K` is not here: with the cursor at the end of the text it does nothing."""

_COLOUR = r"\[[0-9;:?]{0,64}+[mhl]"
_TITLE = rf"\][^\x07\x1b\n]{{0,{MAX_STRING_ESCAPE}}}+(?:\x07|\x1b\\)"
INERT: Final = rf"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?:{_COLOUR}|{_TITLE})"
"""What neither shows nor moves: stray control characters, and the escapes for colours, modes, titles and hyperlinks."""

FIND_INERT: Final = re.compile(rf"[\x00-\x07\x0e-\x1f\x7f-\x9f](?:(?<!\x1b)|{_COLOUR}|{_TITLE})")
"""The same, but begins with one set of characters: that is what is found fast."""

_DECORATION: Final = re.compile(f"(?:{ESCAPE.pattern}|{CONTROL.pattern})++")
_PAGE_BREAKS: Final = str.maketrans("\x0b\x0c", "  ")


def strip_decoration(text: str) -> str:
    """Return `text` without escapes and control characters; vertical tabs and form feeds become spaces.

    Several lines may be given at once: no escape goes on over a line feed. The text should have no motion: a carriage
    return or a cursor movement is taken out too, but not obeyed.
    """
    if "\x0b" in text or "\x0c" in text:
        text = text.translate(_PAGE_BREAKS)
    return _DECORATION.sub("", text)
