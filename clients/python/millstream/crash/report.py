"""A crash report, read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from millstream.builds.v1.crash_log_pb2 import CrashLog, CrashLogRole
from millstream.crash.fields import ReportFields
from millstream.crash.times import parse_time
from millstream.crash.versions import VersionReading

# The name space of the identifiers that we derive. It must never change: they would all change with it.
_NAMESPACE = UUID("ae398df6-2ec4-5287-97cc-33809b2235a9")

_ROLES = {
    "foreground": CrashLogRole.CRASH_LOG_ROLE_FOREGROUND,
    "background": CrashLogRole.CRASH_LOG_ROLE_BACKGROUND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashReport:
    """A crash report, read. Where the report says nothing, a string is empty and a time is None."""

    incident_identifier: str
    """The report's own, or one derived from its text: never empty."""
    process: str
    bundle_identifier: str
    """The app's; of a program without a bundle, its name, as Apple's own texts have it."""
    versions: tuple[VersionReading, ...]
    """The ways to read the version and build number, the likeliest first; empty: the report names none."""
    is_main_thread: bool
    role: CrashLogRole
    hardware_model: str
    os_version: str
    date_time: datetime | None
    """When it crashed, in UTC."""
    launch_time: datetime | None
    """When the process was launched, in UTC."""
    content: str
    """The whole text of the file."""

    def to_message(self, build_id: str) -> CrashLog:
        """Make the message that stores this report under a build. What people decide about it later is left out."""
        return CrashLog(
            incident_identifier=self.incident_identifier,
            is_main_thread=self.is_main_thread,
            build_id=build_id,
            content=self.content,
            hardware_model=self.hardware_model,
            process=self.process,
            role=self.role,
            date_time=self.date_time,
            launch_time=self.launch_time,
            os_version=self.os_version,
        )


def report_from_fields(said: ReportFields, *, content: str, identifying_text: str) -> CrashReport:
    """Make a report of what its parts say. Its identifier comes from `identifying_text` where these name none."""
    return CrashReport(
        incident_identifier=said.incident or derive_identifier(identifying_text),
        process=said.process,
        bundle_identifier=said.bundle_identifier or said.process,
        versions=said.versions,
        is_main_thread=said.is_main_thread,
        role=_ROLES.get(said.role.lower(), CrashLogRole.CRASH_LOG_ROLE_UNSPECIFIED),
        hardware_model=said.hardware_model,
        os_version=said.os_version,
        date_time=parse_time(said.date_time),
        launch_time=parse_time(said.launch_time),
        content=content,
    )


def derive_identifier(text: str) -> str:
    """Derive an identifier for a report that has none: a UUID of version 5 of its text, in capitals like Apple's.

    The same report always gets the same one, also after a trip through a mail or an editor: how its lines end, blanks
    at their ends, and empty lines around it make no difference.
    """
    lines = (line.rstrip() for line in text.split("\n"))
    return str(uuid5(_NAMESPACE, "\n".join(lines).strip("\n"))).upper()
