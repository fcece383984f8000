"""What statuses and levels look like."""

from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.builds.v1.build_pb2 import BuildStatus
from millstream.cli.shared.enum_names import LevelName


def least_level(level: LevelName | None) -> BuildLogLevel:
    """Return the level to filter by; UNSPECIFIED, any level, where none was asked for."""
    return BuildLogLevel.BUILD_LOG_LEVEL_UNSPECIFIED if level is None else level.value_on_wire


ENDED = frozenset(
    {BuildStatus.BUILD_STATUS_COMPLETED, BuildStatus.BUILD_STATUS_FAILED, BuildStatus.BUILD_STATUS_CANCELLED}
)

STATUS_STYLE = {
    "queued": "yellow",
    "running": "cyan",
    "completed": "green",
    "failed": "bold red",
    "cancelled": "magenta",
}
STATUS_SIGN = {"queued": "○", "running": "●", "completed": "✓", "failed": "✗", "cancelled": "■"}
LEVEL_STYLE = {"debug": "dim", "info": "", "warning": "yellow", "error": "red"}


_STATUS_NAMES = {int(status): name.removeprefix("BUILD_STATUS_").lower() for name, status in BuildStatus.items()}
_LEVEL_NAMES = {int(level): name.removeprefix("BUILD_LOG_LEVEL_").lower() for name, level in BuildLogLevel.items()}


def status_name(status: BuildStatus) -> str:
    """Return `running` for BUILD_STATUS_RUNNING; a value from a newer service as its number."""
    return _STATUS_NAMES.get(status, str(status))


def level_name(level: BuildLogLevel) -> str:
    """Return `warning` for BUILD_LOG_LEVEL_WARNING; a value from a newer service as its number."""
    return _LEVEL_NAMES.get(level, str(level))
