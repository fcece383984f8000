"""Statuses and levels as they are typed and read. The protos are loaded once a value of theirs is asked for."""

from enum import StrEnum
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from millstream.builds.v1.build_log_pb2 import BuildLogLevel
    from millstream.builds.v1.build_pb2 import BuildStatus


class StatusName(StrEnum):
    """A status as it is typed and read."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def value_on_wire(self) -> "BuildStatus":
        """The protos' value."""
        from millstream.builds.v1.build_pb2 import BuildStatus

        return cast("BuildStatus", BuildStatus.Value(f"BUILD_STATUS_{self.name}"))


class LevelName(StrEnum):
    """A level as it is typed and read."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def value_on_wire(self) -> "BuildLogLevel":
        """The protos' value."""
        from millstream.builds.v1.build_log_pb2 import BuildLogLevel

        return cast("BuildLogLevel", BuildLogLevel.Value(f"BUILD_LOG_LEVEL_{self.name}"))
