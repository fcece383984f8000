"""`millstream show`: all that is known of one build."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from millstream.cli.shared.options import AddressOption, BuildArgument, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.builds.v1.build_pb2 import Build
    from millstream.cli.builds.report import BuildReport, LogSummary


def show_command(
    build: BuildArgument, json: JsonOption = False, address: AddressOption = None, db: DatabaseOption = None
) -> None:
    """Show all that is known about a build.

    This includes what was built, where and when, how it ended, its first errors and its crash reports.
    """
    from millstream.cli.builds.reference import find_build
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        report = make_report(client, find_build(client, build))
    now = datetime.now(UTC)
    if json:
        from millstream.cli.builds.report import report_dict
        from millstream.cli.shared.json_output import json_object
        from millstream.cli.shared.terminal import put_line

        put_line(json_object(report_dict(report, now)))
    else:
        print_report(report, now)


def make_report(client: "Client", build: "Build") -> "BuildReport":
    """Fetch what belongs to the build."""
    from millstream.cli.builds.origin import find_origin
    from millstream.cli.builds.report import BuildReport

    log = summary_of_log(client, build.id)
    return BuildReport(
        build, find_origin(client, build.scheme_id), log, list(client.builds.list_crash_logs(build_id=build.id))
    )


def summary_of_log(client: "Client", build_id: str, after_seq: int = 0) -> "LogSummary":
    """Read a log, or what is left of it."""
    from millstream.cli.builds.report import summarize
    from millstream.errors import BuildLogNotFoundError

    try:
        return summarize(client.builds.tail_build_logs(build_id, after_seq=after_seq, include_debug=True))
    except BuildLogNotFoundError as error:
        if error.expired_at is None:
            raise
        rest = summary_of_log(client, build_id, int(error.metadata["oldest_seq"]) - 1)
        return rest._replace(expired_at=rest.expired_at or error.expired_at)


def print_report(report: "BuildReport", now: datetime) -> None:
    """Print it; a pipe gets each line whole, a terminal wraps it."""
    from millstream.cli.builds.report_text import report_lines
    from millstream.cli.shared.terminal import stdout_console

    console = stdout_console()
    for line in report_lines(report, now):
        console.print(line, soft_wrap=True)
