"""What tools answer about projects and builds."""

from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import Field

from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.cli.builds.origin import Origin
from millstream.cli.shared.style import status_name
from millstream.mcp.logs.answers import LogLine
from millstream.mcp.shared.answer import Answer
from millstream.mcp.shared.redaction import clip

NOTE_CHARACTERS = 500


class SchemeAnswer(Answer):
    """One way to build a project."""

    id: str
    name: str


class ProjectAnswer(Answer):
    """Something that is built."""

    id: str = Field(description="What other tools take as project_id.")
    name: str
    git_repo_url: str | None = None
    working_directory: str | None = Field(default=None, description="Where it is checked out on the build machine.")
    schemes: list[SchemeAnswer]


class ProjectList(Answer):
    """Projects, newest first."""

    projects: list[ProjectAnswer]
    more: bool = Field(description="Whether there are more.")


class BuildAnswer(Answer):
    """One run of a build. What is not known is left out."""

    id: str = Field(description="What other tools take as build_id.")
    project_id: str | None = None
    project: str | None = Field(default=None, description="The project's name.")
    scheme_id: str
    scheme: str | None = Field(default=None, description="The scheme's name.")
    version_string: str | None = None
    build_number: int | None = None
    status: str = Field(description="queued, running, completed, failed or cancelled.")
    created_at: str = Field(description="RFC 3339, as all times.")
    start_date: str | None = None
    end_date: str | None = None
    duration_seconds: float | None = None
    commit_hash: str | None = None
    os_version: str | None = None


class BuildList(Answer):
    """Builds, newest first."""

    builds: list[BuildAnswer]
    more: bool = Field(description="Whether there are more: narrow the filters to see them.")


class CrashSummary(Answer):
    """A crash report without its text."""

    id: str = Field(description="What read_crash_report takes.")
    build_id: str
    process: str | None = None
    date_time: str | None = Field(default=None, description="When it crashed.")
    os_version: str | None = None
    hardware_model: str | None = None
    is_main_thread: bool = Field(description="Whether the main thread crashed.")
    fixed: bool
    note: str | None = Field(default=None, description="What people wrote about it.")
    characters: int = Field(description="How long the report is.")


class LogCounts(Answer):
    """How many lines a log has."""

    lines: int
    errors: int
    warnings: int
    last_seq: int = Field(description="The number of its last line; 0 where it has none.")


class BuildReport(Answer):
    """A build and what to know about it first."""

    build: BuildAnswer | None = Field(default=None, description="Absent: there is no such build.")
    message: str = Field(description="What was found, in a sentence.")
    log: LogCounts | None = None
    first_errors: list[LogLine] = Field(
        default=[],
        description="The first lines of level error: usually the cause. Read around them by their seq.",
    )
    last_lines: list[LogLine] = Field(default_factory=list, description="How the log ends.")
    crash_reports: list[CrashSummary] = Field(default_factory=list)
    newest_build_of_scheme: BuildAnswer | None = Field(
        default=None, description="A later build of the same scheme: if it is completed, the failure is over."
    )


def time_text(message: Build | CrashLog, field: str) -> str | None:
    """Return a time in RFC 3339, None where it is absent."""
    timestamp: Timestamp = getattr(message, field)
    return timestamp.ToJsonString() if message.HasField(field) else None


def project_answer(project: Project, schemes: Iterable[Scheme]) -> ProjectAnswer:
    """Return the answer about a project."""
    return ProjectAnswer(
        id=project.bundle_identifier,
        name=project.name,
        git_repo_url=project.git_repo_url or None,
        working_directory=project.working_directory or None,
        schemes=[SchemeAnswer(id=scheme.id, name=scheme.name) for scheme in schemes],
    )


def build_answer(build: Build, origin: Origin) -> BuildAnswer:
    """Return the answer about a build."""
    return BuildAnswer(
        id=build.id,
        project_id=origin.project.bundle_identifier or None,
        project=origin.project.name or None,
        scheme_id=build.scheme_id,
        scheme=origin.scheme.name or None,
        version_string=build.version_string or None,
        build_number=build.build_number or None,
        status=status_name(build.status),
        created_at=build.created_at.ToJsonString(),
        start_date=time_text(build, "start_date"),
        end_date=time_text(build, "end_date"),
        duration_seconds=_duration(build),
        commit_hash=build.commit_hash or None,
        os_version=build.os_version or None,
    )


def crash_summary(crash_log: CrashLog) -> CrashSummary:
    """Return the answer about a crash report, without its text."""
    return CrashSummary(
        id=crash_log.incident_identifier,
        build_id=crash_log.build_id,
        process=crash_log.process or None,
        date_time=time_text(crash_log, "date_time"),
        os_version=crash_log.os_version or None,
        hardware_model=crash_log.hardware_model or None,
        is_main_thread=crash_log.is_main_thread,
        fixed=crash_log.fixed,
        note=clip(crash_log.note, NOTE_CHARACTERS) or None,
        characters=len(crash_log.content),
    )


def _duration(build: Build) -> float | None:
    if not (build.HasField("start_date") and build.HasField("end_date")):
        return None
    return round((build.end_date.ToNanoseconds() - build.start_date.ToNanoseconds()) / 1e9, 3)
