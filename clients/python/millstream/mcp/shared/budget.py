"""How much an answer may hold: a budget of characters, for all of its lines or elements together."""

from collections.abc import Iterable
from typing import TypeVar

from millstream.mcp.shared.answer import Answer

MAX_CHARACTERS = 40_000
"""So many characters an answer has at the most: some 10,000 tokens of a model."""
LINE_OVERHEAD = 60
"""About as much as a line's other fields take."""

A = TypeVar("A", bound=Answer)


class Budget:
    """Counts down the characters that an answer has left."""

    def __init__(self, characters: int = MAX_CHARACTERS) -> None:
        self._left = characters
        self._is_untouched = True

    def takes(self, lengths: Iterable[int]) -> bool:
        """Count lines of these lengths, if they all fit. What comes first always does."""
        cost = sum(length + LINE_OVERHEAD for length in lengths)
        if cost > self._left and not self._is_untouched:
            self._left = 0
            return False
        self._is_untouched = False
        self._left -= cost
        return True


def fitting(answers: list[A]) -> tuple[list[A], bool]:
    """Return the first elements of a list, as many as an answer holds, and whether there are more."""
    budget = Budget()
    for number, answer in enumerate(answers):
        if not budget.takes([len(answer.model_dump_json())]):
            return answers[:number], True
    return answers, False
