"""All calls about builds."""

from millstream.builds.reads import AsyncBuildReads
from millstream.builds.watches import AsyncBuildWatches
from millstream.builds.writes import AsyncBuildWrites
from millstream.log_writing.entry_writer import AsyncEntryWriter
from millstream.log_writing.writer import AsyncLogWriter
from millstream.streams.watch import Watches
from millstream.transport.connection import Connection


class AsyncBuilds(AsyncBuildWrites, AsyncBuildReads, AsyncBuildWatches):
    """The calls of BackendService: projects, schemes, builds, their logs and crash reports."""

    def __init__(self, connection: Connection, watches: Watches, writers: set[AsyncEntryWriter]) -> None:
        self._connection = connection
        self._watches = watches
        self._writers = writers

    def log_writer(self, build_id: str, writer_id: str | None = None, first_entry: int = 1) -> AsyncLogWriter:
        """Return a writer of lines at the end of a build's log: a context manager.

        `writer_id` and `first_entry` let it go on with an earlier writer's count; by default it is a new one.
        """
        discard = self._writers.discard
        writer = AsyncLogWriter(self._connection, build_id, writer_id, first_entry, on_end=discard)
        self._writers.add(writer)
        return writer
