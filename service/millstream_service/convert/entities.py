"""The entities: for each its fields, what they may hold, and the way between row and message."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream.builds.v1.build_pb2 import Build, BuildStatus, ExportOption
from millstream.builds.v1.crash_log_pb2 import CrashLog, CrashLogPriority, CrashLogRole
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Platform, Scheme
from millstream_service.convert.fields import Choice, Choices, Flag, Id, LongText, Number, Shape, Text, Time
from millstream_service.errors import InvalidUpdateMaskError, ValidationFailedError
from millstream_service.names import new_id

M = TypeVar("M", bound=Message)
INT64_MAX = 2**63 - 1
CRASH_LOG_BYTES = 3 << 20
NOTE_BYTES = 64 << 10

PROJECT = Shape(
    Project,
    "project",
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
    (
        Id("id", least=0),
        Id("project_bundle_identifier"),
        Text("name", least=1),
        Choices("platforms", Platform),
        Number("order"),
    ),
    fixed=frozenset({"id"}),
)
BUILD = Shape(
    Build,
    "build",
    (
        Id("id", least=0),
        Id("scheme_id"),
        Text("version_string"),
        Number("build_number", 0),
        Time("created_at"),
        Time("start_date"),
        Time("end_date"),
        Choices("export_options", ExportOption),
        Choice("status", BuildStatus, BuildStatus.BUILD_STATUS_QUEUED),
        Number("progress", 0, 1),
        Text("commit_hash"),
        Text("device_metadata", 1024),
        Text("os_version"),
        Number("memory", 0),
        Text("processor"),
    ),
    fixed=frozenset({"id", "created_at"}),
)
CRASH_LOG = Shape(
    CrashLog,
    "crash_log",
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


def new_row(shape: Shape[M], message: M, path: str | None = None) -> dict[str, Any]:
    """Return the row for a message to be created: with an id and a time of creation where it has none."""
    row = shape.from_message(message, path)
    if row.get("id") == "":
        row["id"] = new_id()
    if row.get("created_at", 0) is None:
        row["created_at"] = time.time_ns()
    check_row(shape, row, path)
    return row


def changed_columns(shape: Shape[M], message: M, paths: Sequence[str]) -> dict[str, Any]:
    """Return the columns that an update sets: those of the mask, or all that may change where it is empty.

    Raises InvalidUpdateMaskError and ValidationFailedError.
    """
    names = {field.name for field in shape.fields}
    for path in paths:
        if path not in names:
            raise InvalidUpdateMaskError(path, "is not a field")
        if path in shape.fixed:
            raise InvalidUpdateMaskError(path, "never changes")
    chosen = set(paths) or names - shape.fixed
    prefix = f"{shape.path}."
    return {field.name: field.from_message(message, prefix) for field in shape.fields if field.name in chosen}


def check_row(shape: Shape[M], row: Mapping[str, Any], path: str | None = None) -> None:
    """Check what fields of a row say together. Raises ValidationFailedError."""
    start, end = row.get("start_date"), row.get("end_date")
    if end is not None and start is not None and end < start:
        raise ValidationFailedError(f"{path or shape.path}.end_date", "is before start_date")
