"""Single values of a report, made fit for a message."""

import re

MAX_CHARACTERS = 255
"""The longest value of a field of a crash log other than its content."""

# Control characters, and the halves of surrogate pairs that a JSON string can hold but UTF-8 can't.
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

# What reporters write where they know nothing.
_UNKNOWN = frozenset({"???", "[TODO]", "TODO", "(null)", "null", "unknown", "Unknown", "n/a"})


def clean(value: str) -> str:
    """Make the value fit for every field: no control characters, no half characters, not too long, not `???`."""
    value = _UNSPEAKABLE.sub("\ufffd", value.strip())[:MAX_CHARACTERS].rstrip()
    return "" if value in _UNKNOWN else value


def clean_incident(value: str) -> str:
    """Keep the value if it can identify an incident: `[TODO]` and zeros stand in thousands of reports."""
    value = value.strip()
    identifies = re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,254}", value) and re.search(r"[1-9]", value)
    return value if identifies else ""
