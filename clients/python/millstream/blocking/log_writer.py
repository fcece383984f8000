"""Writing a build's log from blocking code."""

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Self

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.blocking.portal import Portal
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_INFO, BuildLogEntry, BuildLogLevel
from millstream.errors import MillstreamError
from millstream.log_writing.writer import CLOSE_TIMEOUT, AsyncLogWriter, close_timeout, fields_of


class LogWriter:
    """Writes lines at the end of a build's log. `with client.log_writer(build_id) as log: log.write("…")`.

    A line is sent within about 20 ms, by the client's thread. At most 8 MiB of lines wait here; `write` then waits for
    room. Any thread may write. See `AsyncLogWriter` for what happens while the service is away.
    """

    def __init__(self, owner: object, portal: Portal, writer: AsyncLogWriter) -> None:
        self._owner = owner  # a client that nobody else holds lives as long as its writers
        self._portal = portal
        self._writer = writer
        self._writer.notify = portal.call
        self._buffer = self._writer.buffer

    @property
    def build_id(self) -> str:
        """The id of the build whose log this writes."""
        return self._writer.build_id

    @property
    def writer_id(self) -> str:
        """The name under which the service knows this writer."""
        return self._writer.writer_id

    @property
    def durable_entry(self) -> int:
        """The number of the last line that is durable, with all before it; `first_entry` - 1 at first."""
        return self._buffer.durable_entry

    @property
    def last_entry(self) -> int:
        """The number of the last line written; `first_entry` - 1 at first."""
        return self._buffer.last_entry

    @property
    def last_failure(self) -> MillstreamError | None:
        """What keeps the service from taking lines just now; None where all is well."""
        return self._writer.last_failure

    def write(
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
        number = self._buffer.add(content, level, category, created_at)
        while not number:
            self._portal.run(self._writer.wait_for_room(content))
            number = self._buffer.add(content, level, category, created_at)
        return number

    def write_many(
        self, contents: Iterable[str], level: BuildLogLevel = BUILD_LOG_LEVEL_INFO, category: str | None = None
    ) -> int:
        """Write some lines. Returns the number of the last one."""
        for content in contents:
            self.write(content, level, category)
        return self.last_entry

    def write_entry(self, entry: BuildLogEntry) -> int:
        """Write a line that is a message already; without a time it is one of now. Returns its number. See `write`."""
        return self.write(*fields_of(entry))

    def flush(self, timeout: float | None = None) -> None:
        """Wait until all lines so far are durable.

        Raises DeadlineExceededError (they go on being sent), and what the service refused lines for.
        """
        self._portal.run(self._writer.flush(timeout))

    def close(self, timeout: float | None = CLOSE_TIMEOUT) -> None:
        """Flush, then end the writer. It is ended also where the flush fails."""
        self._portal.run(self._writer.close(timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close(close_timeout(error))
        except MillstreamError:
            if error is None:  # the error that is on its way tells more
                raise
