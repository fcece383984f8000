"""A client of the service: what it is connected to, and the calls by service."""

from collections.abc import AsyncGenerator, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from google.protobuf.message import Message

from millstream.streams.watch import Watches
from millstream.streams.watched import Watched
from millstream.transport.connection import Connection
from millstream.transport.retry import RetryPolicy

if TYPE_CHECKING:
    from millstream.agents.calls import AsyncAgents
    from millstream.builds.calls import AsyncBuilds
    from millstream.common.changes import AsyncChanges
    from millstream.log_writing.entry_writer import AsyncEntryWriter


class AsyncClient:
    """A client of the service at `address`: `async with AsyncClient() as client: await client.builds.get_build(id)`.

    Its calls are grouped by service: `builds`, `agents`, `changes`. Without an address it is that of
    MILLSTREAM_ADDRESS, else the socket of the user's own service where one answers, else 127.0.0.1:50551. Raises
    ValueError for a bad address; the calls raise `millstream.errors`.

    The first call connects. An asynchronous client belongs to the event loop of that call: any number of its tasks
    may use it. A blocking client may be used by any thread: it runs an event loop on a thread of its own, until
    `close`. Make clients after a fork, not before.
    """

    def __init__(self, address: str | None = None, *, retry: RetryPolicy | None = None) -> None:
        self._connection = Connection(address, retry=retry)
        self._watches = Watches(self._connection)
        self._writers: set[AsyncEntryWriter] = set()

    @property
    def address(self) -> str:
        """Where the service is: HOST:PORT or unix:PATH."""
        return self._connection.address

    @cached_property
    def builds(self) -> "AsyncBuilds":
        """The calls about projects, schemes, builds, their logs and crash reports."""
        from millstream.builds.calls import AsyncBuilds

        return AsyncBuilds(self._connection, self._watches, self._writers)

    @cached_property
    def agents(self) -> "AsyncAgents":
        """The calls about coding agents: instances, what they did, how they are related, issues and settings."""
        from millstream.agents.calls import AsyncAgents

        return AsyncAgents(self._connection, self._watches, self._writers)

    @cached_property
    def changes(self) -> "AsyncChanges":
        """The calls about the commits of the store."""
        from millstream.common.changes import AsyncChanges

        return AsyncChanges(self._connection)

    def watch_many(self, queries: Mapping[str, Message]) -> AsyncGenerator[Watched, None]:
        """Watch several queries in one stream: up to 100 requests of `Stream…` or `Tail…` RPCs, each under a key.

        Yields what each has to say, by its key, as it comes: responses of its RPC, the newest where the consumer is
        slow (of tails and feeds every one), and at last how it ended; it is over once all have. What may pass it goes
        on from by itself, without a gap or a repeat. Raises ValidationFailedError for queries that can't be watched.
        """
        from millstream.agents.tail import EventCursor
        from millstream.agents.v1.agent_service_pb2 import StreamMcpEventsRequest
        from millstream.builds.tail import TailCursor
        from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest
        from millstream.common.changes import CommitCursor
        from millstream.common.v1.change_service_pb2 import StreamChangesRequest
        from millstream.streams.many import watch_many

        cursors = {
            TailBuildLogsRequest: TailCursor,
            StreamMcpEventsRequest: EventCursor,
            StreamChangesRequest: CommitCursor,
        }
        return watch_many(self._connection, queries, cursors)

    async def close(self) -> None:
        """End all calls, watches and writers and close the connection. May be called more than once.

        Their callers get ClientClosedError.
        """
        for writer in list(self._writers):
            await writer.abort()
        await self._watches.close()
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
