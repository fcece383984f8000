"""Writing a build's log: lines go out in batches, several under way, and again after a break until they are durable."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_INFO, BuildLogEntry, BuildLogLevel
from millstream.log_writing.buffer import LogBuffer, check_line_size
from millstream.log_writing.entry_writer import AsyncEntryWriter
from millstream.log_writing.sender import AppendRpc
from millstream.transport.connection import Connection
from millstream.transport.identifiers import new_id

EntryFields = tuple[str, BuildLogLevel, str | None, Timestamp | None]
_APPEND = AppendRpc("/millstream.builds.v1.BackendService/AppendBuildLogs", AppendBuildLogsResponse.FromString)


class AsyncLogWriter(AsyncEntryWriter):
    """Writes at the end of a log. `async with client.builds.log_writer(build_id) as log: await log.write(…)`.

    A line is sent within about 20 ms, by the client's event loop; any thread may write to a blocking client's writer.
    At most 8 MiB of lines wait here; `write` then waits for room. A service that is away is waited for without end
    (`flush` and `close` have timeouts). What it refuses for good, as for a build that does not exist, is raised by
    the next `write`, `flush` or `close`.

    The service knows a writer by `writer_id` and each of its lines by its number, from `first_entry` on: a line that
    is sent twice is stored once. To go on with an earlier writer's count, give both.
    """

    build_id: str
    """The id of the build whose log this writes."""

    buffer: LogBuffer
    """The lines that are not durable yet."""

    def __init__(
        self,
        connection: Connection,
        build_id: str,
        writer_id: str | None = None,
        first_entry: int = 1,
        *,
        on_end: Callable[["AsyncLogWriter"], object] = lambda _: None,
    ) -> None:
        writer_id = writer_id or new_id()
        buffer = LogBuffer(build_id, writer_id, first_entry, self._wake_sender)
        super().__init__(connection, _APPEND, writer_id, buffer, on_end)
        self.build_id = build_id

    async def write(
        self,
        content: str,
        level: BuildLogLevel = BUILD_LOG_LEVEL_INFO,
        category: str | None = None,
        created_at: datetime | Timestamp | None = None,
    ) -> int:
        """Write a line, without its line break, of now or of `created_at`. Returns its number.

        Waits only where there is no room. Raises MessageTooLargeError (over 1 MiB), ValueError (text that can't be
        UTF-8), and what the service refused earlier lines for.
        """
        number = self.buffer.add(content, level, category, created_at)
        while not number:
            await self.wait_for_room(check_line_size(content))
            number = self.buffer.add(content, level, category, created_at)
        if number == self.buffer.sealed_entry:
            await asyncio.sleep(0)  # let the batch go: a writer in a tight loop would keep all to itself
        return number

    async def write_many(
        self, contents: Iterable[str], level: BuildLogLevel = BUILD_LOG_LEVEL_INFO, category: str | None = None
    ) -> int:
        """Write some lines. Returns the number of the last one."""
        for content in contents:
            number = self.buffer.add(content, level, category)
            if not number:
                await self.write(content, level, category)
            elif number == self.buffer.sealed_entry:
                await asyncio.sleep(0)
        return self.last_entry

    async def write_entry(self, entry: BuildLogEntry) -> int:
        """Write a line that is a message already; without a time it is one of now. Returns its number. See `write`."""
        return await self.write(*fields_of(entry))


def fields_of(entry: BuildLogEntry) -> EntryFields:
    """Return what `write` takes, from a message."""
    category = entry.category if entry.HasField("category") else None
    created_at = entry.created_at if entry.HasField("created_at") else None
    return entry.content, entry.level, category, created_at
