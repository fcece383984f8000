"""The asynchronous client."""

from types import TracebackType
from typing import Self

from millstream.agents.reads import AsyncAgentReads
from millstream.agents.watches import AsyncAgentWatches
from millstream.agents.writes import AsyncAgentWrites
from millstream.builds.reads import AsyncReads
from millstream.builds.watches import AsyncWatches
from millstream.builds.writes import AsyncWrites
from millstream.log_writing.writer import AsyncLogWriter
from millstream.streams.watch import Watches
from millstream.transport.connection import Connection
from millstream.transport.retry import RetryPolicy


class AsyncClient(AsyncWrites, AsyncReads, AsyncWatches, AsyncAgentWrites, AsyncAgentReads, AsyncAgentWatches):
    """A client of the service at `address`: `async with AsyncClient() as client: await client.get_build(id)`.

    Without an address it is that of MILLSTREAM_ADDRESS, else the socket of the user's own service where one answers,
    else 127.0.0.1:50551. The connection is made by the first call and belongs to the event loop that runs then: use one
    client an event loop, and make clients after a fork, not before. Methods may be called by any number of tasks at
    once. Raises ValueError for a bad address; the methods raise `millstream.errors`.
    """

    def __init__(self, address: str | None = None, *, retry: RetryPolicy | None = None) -> None:
        self._connection = Connection(address, retry=retry)
        self._watches = Watches(self._connection)
        self._log_writers: set[AsyncLogWriter] = set()

    @property
    def address(self) -> str:
        """Where the service is: HOST:PORT or unix:PATH."""
        return self._connection.address

    def log_writer(self, build_id: str, writer_id: str | None = None, first_entry: int = 1) -> AsyncLogWriter:
        """Return a writer of lines at the end of a build's log: an asynchronous context manager.

        `writer_id` and `first_entry` let it go on with an earlier writer's count; by default it is a new one.
        """
        discard = self._log_writers.discard
        writer = AsyncLogWriter(self._connection, build_id, writer_id, first_entry, on_end=discard)
        self._log_writers.add(writer)
        return writer

    async def close(self) -> None:
        """End all calls, watches and log writers and close the connection. May be called more than once.

        Whoever waits for one of them gets ClientClosedError.
        """
        for writer in list(self._log_writers):
            await writer.abort()
        await self._watches.close()
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
