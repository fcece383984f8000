"""Looking up a line by how it begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Openings(Generic[T]):
    """Patterns that stand at the start of a line, each with what it means; the first that matches counts.

    A row is (the characters that the pattern can begin with, the pattern, its meaning). Most lines begin with a
    character that few patterns begin with: sorted by it, the look-up costs a tenth of trying all of them.
    """

    def __init__(self, rows: Iterable[tuple[str, str, T]]) -> None:
        by_first: dict[str, list[tuple[str, T]]] = {}
        for firsts, pattern, meaning in rows:
            for first in dict.fromkeys(firsts):
                by_first.setdefault(first, []).append((pattern, meaning))
        self._meanings = {first: [meaning for _, meaning in found] for first, found in by_first.items()}
        # the group behind each pattern says which it was: before it, it would hide from `re` how the pattern begins
        self._patterns = _Patterns(
            {first: "|".join(f"(?:{pattern})()" for pattern, _ in found) for first, found in by_first.items()}
        )

    def find(self, text: str) -> T | None:
        """Return the meaning of the first pattern that `text`, which is not empty, begins with."""
        first = text[0]
        if first not in self._meanings:
            return None
        match = self._patterns[first].match(text)
        return None if match is None or match.lastindex is None else self._meanings[first][match.lastindex - 1]

    @property
    def patterns(self) -> list[re.Pattern[str]]:
        """All that is matched against a line."""
        return [self._patterns[first] for first in self._meanings]


class _Patterns(dict[str, re.Pattern[str]]):
    """Each is compiled when it is first needed: a run of one tool needs few."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources

    def __missing__(self, first: str) -> re.Pattern[str]:
        compiled = self[first] = re.compile(self._sources[first])
        return compiled
