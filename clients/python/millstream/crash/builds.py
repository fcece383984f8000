"""Which build a crash report is of.

The project is the one whose id is the report's bundle identifier. Of its builds, those that have the report's version
and build number match, and the newest of them is taken. Where a report names no whole number that a build could have
(`Version: 1.3`, `3.5.5.2 (3.5.5)`), the version alone decides.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from millstream.builds.v1.build_pb2 import Build
from millstream.crash.report import CrashReport
from millstream.crash.versions import VersionReading
from millstream.errors import NotFoundError

if TYPE_CHECKING:
    from millstream import Client


class NoBuildError(LookupError):
    """No build matches a report; `str()` says why, to show to a person."""


class MatchingBuild(NamedTuple):
    """A build, and whether its number was compared too, not only its version."""

    build: Build
    by_number: bool


def find_build(client: "Client", report: CrashReport) -> MatchingBuild:
    """Find the newest build that matches a report. Raises NoBuildError where there is none."""
    if not report.bundle_identifier:
        raise NoBuildError("the report names no bundle identifier")
    if not report.versions:
        raise NoBuildError("the report names no version")
    found = next(_matching(client, report), None)
    if found is None:
        raise NoBuildError(_reason(client, report))
    return found


def _matching(client: "Client", report: CrashReport) -> Iterator[MatchingBuild]:
    """Yield matching builds: those of the likeliest reading of the version first, the newest of each first."""
    by_number = any(reading.number is not None for reading in report.versions)
    for reading in report.versions:
        if by_number and reading.number is None:
            continue
        for build in client.builds.list_builds(
            project_id=report.bundle_identifier, version_string=reading.version_string
        ):
            if not by_number or build.build_number == reading.number:
                yield MatchingBuild(build, by_number)


def _reason(client: "Client", report: CrashReport) -> str:
    try:
        client.builds.get_project(report.bundle_identifier)
    except NotFoundError:
        return f"there is no project {report.bundle_identifier}"
    return f"project {report.bundle_identifier} has no build of version {version_text(report.versions[0])}"


def version_text(reading: VersionReading) -> str:
    """Write a version as people do: `1.0 (4)`."""
    return f"{reading.version_string} ({reading.build_number})" if reading.build_number else reading.version_string
