"""Makes values fit to be kept in an event, which others read: without secrets, and bounded.

A secret is known by the name it goes by (`password`, `api_key`, …) or by its shape (a private key, the password in a
URL, a token: see `secret_rules`). That is a net with holes: nobody should hand secrets to tools.
"""

import json
import math
import re
from typing import Any, NamedTuple

from millstream.mcp.shared.secret_rules import MAX_SECRET, hide_tokens

HIDDEN = "[redacted]"
_NAMES = r"passw(?:or)?d|passphrase|secret|token(?!s)|credential|authorization|cookie|(?:private|api|access)[_-]?key"
_SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
_SECRET_SHAPE = re.compile(
    rf"""
    (?P<name> (?i: (?:{_NAMES}) ["']? \s{{0,9}} [=:] \s{{0,9}} ["']? (?:(?:bearer|basic)\s{{1,9}})?
        | \b(?:bearer|basic)\s{{1,9}} ) ) (?!\[) [^\s"'&;,]{{4,}}
    | (?P<scheme> ://) [^/\s:@]* : [^/\s@]+ (?=@)
    | \b eyJ[\w-]{{8,2000}} \. [\w-]{{8,}} \. [\w-]*
    | -----BEGIN\ [A-Z ]{{0,30}}PRIVATE\ KEY----- (?s:.*?) (?: -----END\ [A-Z ]{{0,30}}PRIVATE\ KEY----- | \Z )
    """,
    re.VERBOSE,
)
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
_EXACT_NUMBERS = 2**53
"""Up to this a number of a Struct, which is a double, is exact."""


class Bounds(NamedTuple):
    """How much of a value is kept: characters of a text, elements of a list, depth, bytes of JSON in all."""

    text: int
    elements: int
    depth: int
    total: int


def without_secrets(text: str, most: int) -> str:
    """Return the beginning of a text as it may be kept, and how much is left out, where it is longer.

    What looks like a secret is replaced, and so is what the service can't store.
    """
    looked_at = text[: most + MAX_SECRET]
    hidden = hide_tokens(_SECRET_SHAPE.sub(_without_secret, looked_at), HIDDEN)
    storable = _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", hidden)
    return clip(storable, most, beyond=len(text) - len(looked_at))


def clip(text: str, most: int, beyond: int = 0) -> str:
    """Return the beginning of a text, and how much is left out, where it is longer. `beyond` more are not in `text`."""
    more = len(text) - most + beyond
    return f"{text[:most]}… ({more} more characters)" if more > 0 else text


def _without_secret(match: re.Match[str]) -> str:
    return f"{match['name'] or match['scheme'] or ''}{HIDDEN}"


def fit_to_keep(values: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    """Return the values as they may be kept; where they are too much in all, only their names."""
    kept = _mapping(values, bounds, bounds.depth)
    if len(json.dumps(kept, ensure_ascii=False).encode()) <= bounds.total:
        return kept
    return dict.fromkeys(kept, "(too large to be kept)")


def _value(value: Any, bounds: Bounds, depth: int) -> Any:
    if isinstance(value, dict | list) and not depth:
        return "(too deep to be kept)"
    if isinstance(value, dict):
        return _mapping(value, bounds, depth)
    if isinstance(value, list):
        more = len(value) - bounds.elements
        kept = [_value(element, bounds, depth - 1) for element in value[: bounds.elements]]
        return [*kept, f"… ({more} more)"] if more > 0 else kept
    return _scalar(value, bounds)


def _mapping(values: dict[str, Any], bounds: Bounds, depth: int) -> dict[str, Any]:
    kept = {
        without_secrets(name, bounds.text): HIDDEN if _SECRET_NAME.search(name) else _value(value, bounds, depth - 1)
        for name, value in list(values.items())[: bounds.elements]
    }
    more = len(values) - bounds.elements
    return {**kept, "…": f"({more} more)"} if more > 0 else kept


def _scalar(value: Any, bounds: Bounds) -> Any:
    if isinstance(value, str):
        return without_secrets(value, bounds.text)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _EXACT_NUMBERS:
        return value
    return without_secrets(str(value), bounds.text)
