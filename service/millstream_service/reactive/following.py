"""The reads of one stream that goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from millstream_service.errors import UnavailableError

T = TypeVar("T")
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0


def longer(pause: float) -> float:
    """Return the pause that follows this one, while the database is away."""
    return min(max(2 * pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)


class Following:
    """Reads for a stream: a database that is away at the beginning is an error; later it is waited for."""

    def __init__(self) -> None:
        self._begun = False

    async def read(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return what `read` does. Raises UnavailableError the first time only."""
        pause = 0.0
        while True:
            try:
                result = await read()
            except UnavailableError:
                if not self._begun:
                    raise
                pause = longer(pause)
                await asyncio.sleep(pause)
            else:
                self._begun = True
                return result
