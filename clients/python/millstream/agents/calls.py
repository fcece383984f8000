"""All calls about coding agents."""

from millstream.agents.event_writer import AsyncEventWriter
from millstream.agents.reads import AsyncAgentReads
from millstream.agents.watches import AsyncAgentWatches
from millstream.agents.writes import AsyncAgentWrites
from millstream.log_writing.entry_writer import AsyncEntryWriter
from millstream.streams.watch import Watches
from millstream.transport.connection import Connection


class AsyncAgents(AsyncAgentWrites, AsyncAgentReads, AsyncAgentWatches):
    """The calls of AgentService: instances, what they did, how they are related, issues and settings."""

    def __init__(self, connection: Connection, watches: Watches, writers: set[AsyncEntryWriter]) -> None:
        self._connection = connection
        self._watches = watches
        self._writers = writers

    def event_writer(self, instance_id: str, writer_id: str | None = None, first_entry: int = 1) -> AsyncEventWriter:
        """Return a writer of events of an instance, for one that logs a lot: a context manager.

        `writer_id` and `first_entry` let it go on with an earlier writer's count; by default it is a new one.
        """
        writer = AsyncEventWriter(self._connection, instance_id, writer_id, first_entry, on_end=self._writers.discard)
        self._writers.add(writer)
        return writer
