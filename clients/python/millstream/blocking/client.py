"""The blocking client: the asynchronous one, run on a thread of its own."""

import weakref
from types import TracebackType
from typing import Self

from millstream.async_client import AsyncClient
from millstream.blocking.agent_reads import BlockingAgentReads
from millstream.blocking.agent_watches import BlockingAgentWatches
from millstream.blocking.agent_writes import BlockingAgentWrites
from millstream.blocking.build_reads import BlockingReads
from millstream.blocking.build_watches import BlockingWatches
from millstream.blocking.build_writes import BlockingWrites
from millstream.blocking.log_writer import LogWriter
from millstream.blocking.portal import Portal
from millstream.transport.retry import RetryPolicy


class Client(
    BlockingWrites, BlockingReads, BlockingWatches, BlockingAgentWrites, BlockingAgentReads, BlockingAgentWatches
):
    """A client of the service at `address`: `with Client() as client: client.get_build(id)`.

    Without an address it is that of MILLSTREAM_ADDRESS, else the socket of the user's own service where one answers,
    else 127.0.0.1:50551. Any thread may call it. It runs an event loop on a thread of its own, from the first call
    until `close`, so make clients after a fork, not before. Raises ValueError for a bad address; the methods raise
    `millstream.errors`.
    """

    def __init__(self, address: str | None = None, *, retry: RetryPolicy | None = None) -> None:
        self._client = AsyncClient(address, retry=retry)
        self._portal = Portal()
        # Also where nobody closes it: when it is collected, and before the interpreter ends.
        self._finalizer = weakref.finalize(self, _close, self._client, self._portal)

    @property
    def address(self) -> str:
        """Where the service is: HOST:PORT or unix:PATH."""
        return self._client.address

    def log_writer(self, build_id: str, writer_id: str | None = None, first_entry: int = 1) -> LogWriter:
        """Return a writer of lines at the end of a build's log: a context manager.

        `writer_id` and `first_entry` let it go on with an earlier writer's count; by default it is a new one.
        """
        return LogWriter(self, self._portal, self._client.log_writer(build_id, writer_id, first_entry))

    def close(self) -> None:
        """End all calls, watches and log writers and close the connection. May be called more than once.

        Whoever waits for one of them, in another thread, gets ClientClosedError.
        """
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _close(client: AsyncClient, portal: Portal) -> None:
    portal.close_after(client.close)
