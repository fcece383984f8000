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
            for first in firsts:
                by_first.setdefault(first, []).append((pattern, meaning))
        self._patterns = {
            first: re.compile("|".join(f"({pattern})" for pattern, _ in found)) for first, found in by_first.items()
        }
        self._meanings = {first: [meaning for _, meaning in found] for first, found in by_first.items()}

    def find(self, text: str) -> T | None:
        """Return the meaning of the first pattern that `text`, which is not empty, begins with."""
        pattern = self._patterns.get(text[0])
        if pattern is None:
            return None
        match = pattern.match(text)
        if match is None or match.lastindex is None:
            return None
        return self._meanings[text[0]][match.lastindex - 1]

    @property
    def patterns(self) -> list[re.Pattern[str]]:
        """All that is matched against a line."""
        return list(self._patterns.values())
