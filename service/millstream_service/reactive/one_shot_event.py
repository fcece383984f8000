"""An event that is set once, and those who wait for it."""

import asyncio


class OneShotEvent:
    """As an asyncio.Event that is never cleared, in a fifth of the memory: each stream has two. Belongs to the loop."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[asyncio.Future[None]] | None = None

    def set(self) -> None:
        """Set it: wake all who wait."""
        self._is_set = True
        waiting, self._waiting = self._waiting or (), None
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Wait until it is set; not at all where it is."""
        if self._is_set:
            return
        future = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if self._waiting is not None:
                self._waiting.remove(future)
            raise
