"""`millstream crash import`: Apple's crash reports, each under the build that crashed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from millstream.cli.shared.declared import Argument, Group, Option
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from millstream import Client
    from millstream.crash.importer import ImportOutcome

STDIN = "-"

crash_app = Group("Crash reports of built programs.")


@crash_app.command("import")
def import_command(
    files: Annotated[list[str], Argument(metavar="FILE", help="Apple's crash reports; - for stdin.")],
    build: Annotated[
        str | None,
        Option(
            "--build",
            metavar="ID",
            help="The build for reports that match none: its id, or what else `tail` accepts.",
        ),
    ] = None,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Record Apple's crash reports (.ips, .crash), each under the build that crashed.

    The build is found by bundle identifier, version and build number. A report that is already stored stays unchanged.
    Exits with 1 if a file was refused or matches no build; the others are still imported.
    """
    from millstream.cli.builds.reference import find_build
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        other_build_id = find_build(client, build).id if build else ""
        outcomes = import_files(client, files, other_build_id)
        succeeded = show_json(outcomes) if json else show_lines(outcomes)
    if not succeeded:
        raise SystemExit(1)


def import_files(client: "Client", files: "Iterable[str]", other_build_id: str) -> "Iterator[ImportOutcome]":
    """Import one file after the other, and yield what became of each."""
    from millstream.crash.errors import CrashReportError
    from millstream.crash.importer import import_report, refuse

    for file in files:
        try:
            data = read_file(file)
        except CrashReportError as error:
            yield refuse(file, str(error))
        else:
            yield import_report(client, file, data, other_build_id=other_build_id)


def read_file(file: str) -> bytes:
    """Read a file, or stdin, but never more than a report can have. Raises CrashReportError when it can't be read."""
    from millstream.crash.decoding import MAX_FILE_BYTES
    from millstream.crash.errors import CrashReportError

    if file == STDIN:
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    path = Path(file)
    if path.is_dir():
        raise CrashReportError("it is a folder: name the files in it")
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CrashReportError(error.strerror or str(error)) from error


def outcome_fields(outcome: "ImportOutcome") -> dict[str, Any]:
    """Make what `--json` prints of an outcome: strings, empty where there is nothing to say."""
    report = outcome.report
    reading = report.versions[0] if report and report.versions else None
    return {
        "file": outcome.source,
        "result": outcome.result,
        "reason": outcome.reason,
        "incident_identifier": report.incident_identifier if report else "",
        "process": report.process if report else "",
        "bundle_identifier": report.bundle_identifier if report else "",
        "version_string": reading.version_string if reading else "",
        "build_number": reading.build_number if reading else "",
        "build_id": outcome.build_id,
        "found_by": outcome.found_by or "",
    }


def outcome_line(outcome: "ImportOutcome") -> str:
    """Say what became of a file in one line."""
    from millstream.crash.importer import ImportResult

    if outcome.result is ImportResult.REFUSED:
        return f"refused {outcome.source}: {outcome.reason}"
    what = _what(outcome)
    if outcome.result is ImportResult.NO_BUILD:
        return f"no build for {what}: {outcome.reason}; name one with --build"
    under = f" under build {outcome.build_id}" if outcome.build_id else ""
    return f"{'imported' if outcome.result is ImportResult.IMPORTED else 'already there:'} {what}{under}"


def _what(outcome: "ImportOutcome") -> str:
    from millstream.crash.builds import version_text

    report = outcome.report
    if report is None:
        return outcome.source
    version = version_text(report.versions[0]) if report.versions else ""
    return f"{outcome.source} ({' '.join(filter(None, (report.process, version)))}, {report.incident_identifier})"


def show_lines(outcomes: "Iterable[ImportOutcome]") -> bool:
    """Print a line for each as it comes, failures on stderr. Tells whether all succeeded."""
    from millstream.cli.shared.printable import visible
    from millstream.cli.shared.terminal import put_line, put_warning

    succeeded = True
    for outcome in outcomes:
        line = visible(outcome_line(outcome))
        if outcome.succeeded:
            put_line(line)
        else:
            succeeded = False
            sys.stdout.flush()
            put_warning(line)
    return succeeded


def show_json(outcomes: "Iterable[ImportOutcome]") -> bool:
    """Print them all as one array. Tells whether all succeeded."""
    from millstream.cli.shared.json_output import json_text
    from millstream.cli.shared.terminal import put_line

    done: list[ImportOutcome] = []
    try:
        for outcome in outcomes:
            done.append(outcome)  # noqa: PERF402 - what is there when the next one fails is printed
    finally:  # what was imported before the service failed is shown, too
        put_line(json_text([outcome_fields(outcome) for outcome in done]))
    return all(outcome.succeeded for outcome in done)
