"""The JSON objects in a text: they span many lines, follow each other, and may stand below prose."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

JsonObject = Mapping[str, Any]

# An object begins a line: so no brace in the middle of a backtrace is taken for one.
_OPENING = re.compile(r'^[ \t]*(\{)\s*["}]', re.MULTILINE)
# Or it follows another in the same line.
_NEXT = re.compile(r'[ \t]*(\{)\s*["}]')
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_WRAP = re.compile(r"(?<![ \t])[ \t]*+\n[ \t]*+")


# The decoder counts the lines before each error: without a bound, the time would grow with the square of the text.
_MAX_DAMAGES = 50


class FoundObject(NamedTuple):
    """One JSON object and the place of its opening brace in the text."""

    value: JsonObject
    start: int


class Damage(NamedTuple):
    """Where the text stopped being JSON inside an object."""

    position: int


def json_objects(text: str) -> Iterator[FoundObject | Damage]:
    """Find the objects in their order, and where one is damaged; give up after 50 damages.

    Takes time in proportion to the text.
    """
    decoder = json.JSONDecoder()
    position = damages = 0
    is_wrapped = False
    while damages < _MAX_DAMAGES and (opening := _NEXT.match(text, position) or _OPENING.search(text, position)):
        start = opening.start(1)
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            if not is_wrapped and error.msg.startswith("Invalid control character"):
                text, is_wrapped = text[:start] + _join(text[start:]), True
                position = start
                continue
            # What was read up to here is never read again: it would be parts of a broken whole.
            yield Damage(error.pos)
            damages += 1
            position = max(error.pos, start + 1)
        except (RecursionError, ValueError):  # nested a thousand deep; a number of five thousand digits
            yield Damage(start)
            return
        else:
            yield FoundObject(value, start)


def _join(text: str) -> str:
    """Undo what wrapped lines inside of strings."""
    return _STRING.sub(lambda string: _WRAP.sub(" ", string[0]), text)
