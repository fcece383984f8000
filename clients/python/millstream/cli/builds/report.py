"""All that is known of one build."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BuildLog
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.cli.builds.origin import Origin
from millstream.cli.shared.json_output import as_dict
from millstream.cli.shared.tally import Tally
from millstream.cli.shared.time_span import duration

MAX_ERRORS = 5


class LogSummary(NamedTuple):
    """How many lines a log has of each level, its first errors, and when lines before these have expired."""

    tally: Tally
    first_errors: list[BuildLog]
    expired_at: datetime | None = None


class BuildReport(NamedTuple):
    """A build and what belongs to it."""

    build: Build
    origin: Origin
    log: LogSummary
    crash_logs: list[CrashLog]


def summarize(lines: Iterable[BuildLog]) -> LogSummary:
    """Read a log once, keeping nothing but its first errors."""
    tally = Tally()
    first_errors: list[BuildLog] = []
    for line in lines:
        tally.add((line,))
        if line.level == BUILD_LOG_LEVEL_ERROR and len(first_errors) < MAX_ERRORS:
            first_errors.append(line)
    return LogSummary(tally, first_errors)


def report_dict(report: BuildReport, now: datetime) -> dict[str, Any]:
    """Return the fields of the build, and beside them what belongs to it. A crash report comes without its text."""
    length = duration(report.build, now)
    return as_dict(report.build) | {
        "duration_seconds": None if length is None else length.total_seconds(),
        "project": as_dict(report.origin.project),
        "scheme": as_dict(report.origin.scheme),
        "log": _log_dict(report.log),
        "crash_logs": [_without_text(crash_log) for crash_log in report.crash_logs],
    }


def _log_dict(log: LogSummary) -> dict[str, Any]:
    expired = {} if log.expired_at is None else {"expired_at": log.expired_at.isoformat().replace("+00:00", "Z")}
    first_errors = [as_dict(line) for line in log.first_errors]
    return {"lines": log.tally.total, "by_level": log.tally.by_level(), "first_errors": first_errors} | expired


def _without_text(crash_log: CrashLog) -> dict[str, Any]:
    fields = as_dict(crash_log)
    del fields["content"]
    return fields
