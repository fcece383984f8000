"""What comes some at a time, handed out one by one."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def one_by_one(batches: AsyncGenerator[Iterable[T], None]) -> AsyncGenerator[T, None]:
    """Yield the elements of the batches. Closing it closes them."""
    async with aclosing(batches):
        async for batch in batches:
            for element in batch:
                yield element
