"""What a tail or a feed waits for between two reads of the store."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from millstream_service.reactive.regions import Regions


class Signal:
    """Set by every commit that concerns it; cleared by the reader that is about to read."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake the reader."""
        self._event.set()

    def clear(self) -> None:
        """Call before reading: what comes during the read then wakes the reader again."""
        self._event.clear()

    async def wait(self) -> None:
        """Wait for the next commit since `clear`."""
        await self._event.wait()


@contextmanager
def listening(regions: Regions, keys: Iterable[str]) -> Iterator[Signal]:
    """Give a signal that listens to the keys as long as the block runs."""
    keys = tuple(keys)
    signal = Signal()
    regions.add(signal, keys)
    try:
        yield signal
    finally:
        regions.remove(signal, keys)
