"""Reports into the service: each file comes to one outcome, and none stops the others."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.crash.builds import NoBuildError, find_build
from millstream.crash.errors import CrashReportError
from millstream.crash.reader import parse_report
from millstream.crash.report import CrashReport
from millstream.errors import (
    BuildNotFoundError,
    CrashLogExistsError,
    CrashLogNotFoundError,
    InvalidArgumentError,
    MessageTooLargeError,
)

if TYPE_CHECKING:
    from millstream import Client


class ImportResult(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    ALREADY_THERE = "already_there"
    NO_BUILD = "no_build"
    REFUSED = "refused"


class FoundBy(StrEnum):
    """How its build was found."""

    BUILD_NUMBER = "build_number"
    """By bundle identifier, version and build number."""
    VERSION = "version"
    """By bundle identifier and version: the report has no number that a build could have."""
    OPTION = "option"
    """It matched none: the user named this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of a file, and why."""

    source: str
    result: ImportResult
    report: CrashReport | None = None
    build_id: str = ""
    found_by: FoundBy | None = None
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the report is in the store now."""
        return self.result in (ImportResult.IMPORTED, ImportResult.ALREADY_THERE)


def import_report(client: "Client", source: str, data: bytes, *, other_build_id: str = "") -> ImportOutcome:
    """Read a report and store it under its build, or under the other one where it matches none.

    `source` is how its file is called in what is said about it. Raises a MillstreamError where the service fails.
    """
    try:
        report = parse_report(data)
    except CrashReportError as error:
        return refuse(source, str(error))
    stored = _find_stored(client, report)
    if stored is not None:
        return _outcome(source, report, ImportResult.ALREADY_THERE, build_id=stored.build_id)
    try:
        build_id, found_by = _build_of(client, report, other_build_id)
        return _store(client, source, report, build_id, found_by)
    except NoBuildError as error:
        return _outcome(source, report, ImportResult.NO_BUILD, reason=str(error))


def refuse(source: str, reason: str) -> ImportOutcome:
    """Make the outcome of what is no crash report, or could not be read."""
    return ImportOutcome(source=source, result=ImportResult.REFUSED, reason=reason)


def _find_stored(client: "Client", report: CrashReport) -> CrashLog | None:
    try:
        return client.builds.get_crash_log(report.incident_identifier)
    except CrashLogNotFoundError:
        return None


def _build_of(client: "Client", report: CrashReport, other_build_id: str) -> tuple[str, FoundBy]:
    try:
        found = find_build(client, report)
    except NoBuildError:
        if not other_build_id:
            raise
        return other_build_id, FoundBy.OPTION
    return found.build.id, FoundBy.BUILD_NUMBER if found.by_number else FoundBy.VERSION


def _store(client: "Client", source: str, report: CrashReport, build_id: str, found_by: FoundBy) -> ImportOutcome:
    try:
        client.builds.create_crash_log(report.to_message(build_id))
    except CrashLogExistsError:  # another import was quicker
        return _outcome(source, report, ImportResult.ALREADY_THERE)
    except BuildNotFoundError as error:
        raise NoBuildError(f"build {build_id} no longer exists") from error
    except (InvalidArgumentError, MessageTooLargeError) as error:
        return refuse(source, f"the service refuses it: {error}")
    return _outcome(source, report, ImportResult.IMPORTED, build_id=build_id, found_by=found_by)


def _outcome(
    source: str,
    report: CrashReport,
    result: ImportResult,
    *,
    build_id: str = "",
    found_by: FoundBy | None = None,
    reason: str = "",
) -> ImportOutcome:
    return ImportOutcome(
        source=source, result=result, report=report, build_id=build_id, found_by=found_by, reason=reason
    )
