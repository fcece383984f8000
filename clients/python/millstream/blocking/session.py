"""One blocking client: its asynchronous one, and the way to it."""

import weakref
from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, TypeVar

from millstream.async_client import AsyncClient
from millstream.blocking.portal import Portal

T = TypeVar("T")

# How many elements, and how many batches of them, are read ahead of their consumer.
AHEAD = 256
BATCHES_AHEAD = 4


class Session:
    """What a client and all that it gave out share: it lives as long as any of them, unless the client is closed.

    Cycle: made -> the first call starts the portal's thread -> `close`, at the latest when nobody holds it any more or
    the interpreter ends.
    """

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self._portal = Portal()
        self.post = self._portal.call  # of the portal: who keeps it, as log writers do, must not keep the session
        self._finalizer = weakref.finalize(self, _close, client, self._portal)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Wait for a call's answer. Interrupted (Ctrl-C), the call is cancelled. Raises what it raises."""
        return self._portal.run(call)

    def newest(self, values: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """Yield what is watched: never read ahead, it would grow old."""
        yield from self._portal.iterate(values)

    def each(self, elements: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """Yield every element."""
        yield from self._portal.iterate(elements, AHEAD)

    def batches(self, batches: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """Yield every batch of elements."""
        yield from self._portal.iterate(batches, BATCHES_AHEAD)

    def close(self) -> None:
        """End all that the client does. May be called more than once."""
        self._finalizer()


def _close(client: AsyncClient, portal: Portal) -> None:
    portal.close_after(client.close)
