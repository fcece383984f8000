"""Taking the beginning of what would go on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def take(elements: AsyncGenerator[T, None], limit: int) -> tuple[list[T], bool]:
    """Return the first elements, and whether there are more."""
    taken: list[T] = []
    async with aclosing(elements):
        async for element in elements:
            if len(taken) == limit:
                return taken, True
            taken.append(element)
    return taken, False
