"""The lines that a log writer has taken and the service has not yet stored."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest
from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.log_writing.entry_buffer import EntryBuffer, check_size, set_time

MAX_LINE_BYTES = 1024 * 1024
# What an entry takes besides its text: tags, level, time, a short category.
ENTRY_BYTES = 40


class LogBuffer(EntryBuffer):
    """Lines of a build's log."""

    noun: ClassVar[str] = "lines"
    writer: ClassVar[str] = "log writer"

    def __init__(self, build_id: str, writer_id: str, first_entry: int, on_change: Callable[[], None]) -> None:
        header = AppendBuildLogsRequest(build_id=build_id, writer_id=writer_id)
        super().__init__(header, "entries", first_entry, on_change)

    def add(
        self,
        content: str,
        level: BuildLogLevel,
        category: str | None = None,
        created_at: datetime | Timestamp | None = None,
    ) -> int:
        """Add a line; without `created_at` it is one of now. Returns its number, or 0 where there is no room for it.

        Raises MessageTooLargeError, ValueError (text that is no UTF-8), and the error that the buffer failed with.
        """
        return self._add(check_line_size(content), content, level, category, created_at)

    def _append(self, entries: Any, *values: Any) -> None:
        content, level, category, created_at = values
        entry = entries.add()
        try:
            entry.content = content
            entry.level = level
            if category is not None:
                entry.category = category
            set_time(entry.created_at, created_at)
        except BaseException:
            del entries[-1]
            raise


def check_line_size(content: str) -> int:
    """Return about how many bytes a line takes. Raises MessageTooLargeError."""
    size = len(content) if content.isascii() else len(content.encode())
    return check_size("a line", size, MAX_LINE_BYTES) + ENTRY_BYTES
