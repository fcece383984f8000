"""What comes from outside, made fit to be shown: no text steers the reader's terminal, or hides in what is shown.

From outside is all that was stored, read from a file or a folder's name, or reported by a service. All that the command
line prints comes by here: by `terminal.put_text`, a console of `terminal`, or `json_output`. The lines of a log that go
into a pipe as they were stored, by `terminal.put_raw`, are the one exception.
"""

import re

_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: "\u2421"}
_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction that text runs in, in which it can lie
_HIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_TURNING}\ud800-\udfff]")
_NOT_IN_JSON = re.compile(f"[\x7f-\x9f\u2028\u2029{_TURNING}\ud800-\udfff]")


def visible(text: str) -> str:
    """Return one line with its control characters made visible (`␛`), line breaks too. A tab may stay."""
    return text if text.isprintable() else visible_lines(text).replace("\n", "\u240a")


def visible_lines(text: str) -> str:
    """Return the same of lines, with the breaks between them."""
    return _HIDDEN.sub(_shown, text)


def json_safe(text: str) -> str:
    """Return JSON text, whose strings escape C0 already, with the like of them escaped, too."""
    return _NOT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _shown(found: re.Match[str]) -> str:
    return _CONTROLS.get(ord(found[0]), "\ufffd")
