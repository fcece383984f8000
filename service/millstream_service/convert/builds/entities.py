"""The entities: for each its fields, what they may hold, and the way between row and message."""

from collections.abc import Mapping
from typing import Any

from millstream.builds.v1.build_pb2 import Build, BuildStatus, ExportOption
from millstream.builds.v1.crash_log_pb2 import CrashLog, CrashLogPriority, CrashLogRole
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Platform, Scheme
from millstream_service.convert.builds.fields import Arguments, LabelMap, OptionalNumber
from millstream_service.convert.fields import Choice, Choices, Flag, Id, LongText, Number, Text, Time
from millstream_service.convert.shapes import Shape, readers
from millstream_service.errors import ValidationFailedError
from millstream_service.names import new_id

INT32 = range(-(2**31), 2**31)
CRASH_LOG_BYTES = 3 << 20
NOTE_BYTES = 64 << 10


def _ends_after_its_start(row: Mapping[str, Any], prefix: str) -> None:
    start, end = row["start_date"], row["end_date"]
    if end is not None and start is not None and end < start:
        raise ValidationFailedError(f"{prefix}end_date", "is before start_date")


PROJECT = Shape(
    Project,
    "project",
    "projects",
    (
        Id("bundle_identifier"),
        Text("name", least=1),
        Text("display_name"),
        Text("git_repo_url", 2048),
        Text("xcodeproj_name"),
        Text("working_directory", 4096),
        Time("created_at"),
    ),
    fixed=frozenset({"bundle_identifier", "created_at"}),
)
SCHEME = Shape(
    Scheme,
    "scheme",
    "schemes",
    (
        Id("id", least=0),
        Id("project_bundle_identifier"),
        Text("name", least=1),
        Choices("platforms", Platform),
        Number("order", INT32.start, INT32.stop - 1),
    ),
    fixed=frozenset({"id"}),
    new_id=new_id,
)
BUILD = Shape(
    Build,
    "build",
    "builds",
    (
        Id("id", least=0),
        Id("scheme_id"),
        Text("version_string"),
        Number("build_number"),
        Time("created_at"),
        Time("start_date"),
        Time("end_date"),
        Choices("export_options", ExportOption),
        Choice("status", BuildStatus, BuildStatus.BUILD_STATUS_QUEUED),
        Number("progress", 0, 1),
        Text("commit_hash"),
        Text("device_metadata", 1024),
        Text("os_version"),
        Number("memory"),
        Text("processor"),
        Arguments("command"),
        OptionalNumber("exit_code"),
        Text("branch"),
        Text("host"),
        LabelMap("labels"),
    ),
    fixed=frozenset({"id", "created_at"}),
    check=_ends_after_its_start,
    new_id=new_id,
)
CRASH_LOG = Shape(
    CrashLog,
    "crash_log",
    "crash_logs",
    (
        Id("incident_identifier"),
        Flag("is_main_thread"),
        Time("created_at"),
        Id("build_id"),
        LongText("content", CRASH_LOG_BYTES),
        Text("hardware_model"),
        Text("process"),
        Choice("role", CrashLogRole),
        Time("date_time"),
        Time("launch_time"),
        Text("os_version"),
        LongText("note", NOTE_BYTES),
        Flag("fixed"),
        Choice("priority", CrashLogPriority, CrashLogPriority.CRASH_LOG_PRIORITY_MEDIUM),
    ),
    fixed=frozenset({"incident_identifier", "created_at"}),
)

project_to_message = PROJECT.to_message
scheme_to_message = SCHEME.to_message
build_to_message = BUILD.to_message
crash_log_to_message = CRASH_LOG.to_message
READERS = readers(PROJECT, SCHEME, BUILD, CRASH_LOG)
"""What `db check` reads rows with: see contents."""
