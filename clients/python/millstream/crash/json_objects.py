"""The JSON objects in a text: they span many lines, follow each other, and may stand below prose."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

JsonObject = Mapping[str, Any]

# An object begins a line: so no brace in the middle of a backtrace is taken for one.
_OPENING = re.compile(r'^[ \t]*(\{)\s*["}]', re.MULTILINE)


# The decoder counts the lines before each error: without a bound, the time would grow with the square of the text.
_MOST_DAMAGES = 50


class FoundObject(NamedTuple):
    """One JSON object and the place of its opening brace in the text."""

    value: JsonObject
    start: int


class Damage(NamedTuple):
    """Where the text stopped being JSON in the midst of an object."""

    position: int


def json_objects(text: str) -> Iterator[FoundObject | Damage]:
    """Find the objects in their order, and where one is damaged; give up after 50 damages.

    Takes time in proportion to the text.
    """
    decoder = json.JSONDecoder()
    position = damages = 0
    while damages < _MOST_DAMAGES and (opening := _OPENING.search(text, position)):
        start = opening.start(1)
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            # What was read up to here is never read again: it would be parts of a broken whole.
            yield Damage(error.pos)
            damages += 1
            position = max(error.pos, start + 1)
        except (RecursionError, ValueError):  # nested a thousand deep; a number of five thousand digits
            yield Damage(start)
            return
        else:
            yield FoundObject(value, start)
