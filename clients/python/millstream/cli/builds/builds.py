"""`millstream builds`: the newest builds, as a table or live."""

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Option
from millstream.cli.shared.enum_names import StatusName
from millstream.cli.shared.labels import LabelFilterOption, parse_labels
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption, ProjectOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.builds.v1.build_pb2 import Build
    from millstream.cli.builds.filter import BuildFilter


def builds_command(
    project: ProjectOption = None,
    status: Annotated[
        list[StatusName] | None,
        Option(metavar="STATUS", help="Only queued, running, completed, failed or cancelled builds; may be repeated."),
    ] = None,
    version: Annotated[str, Option(metavar="VERSION", help="Only builds of this version.")] = "",
    label: LabelFilterOption = None,
    limit: Annotated[int, Option(metavar="N", min=1, max=1_000, help="Maximum number of builds.")] = 20,
    watch: Annotated[bool, Option("--watch", help="Keep the table up to date until Ctrl-C.")] = False,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """List builds, newest first.

    With --watch, a terminal shows a live table; a pipe gets a line for each new or changed build.
    """
    from millstream import Client
    from millstream.cli.builds.filter import BuildFilter
    from millstream.cli.builds.reference import find_project
    from millstream.cli.shared.short_id import known_ids
    from millstream.local.finding import open_service

    labels = parse_labels(label or ())
    with open_service(address, db) as found:
        with Client(found) as client:
            project_id = find_project(client, project).bundle_identifier if project else ""
            statuses = frozenset(name.value_on_wire for name in status or ())
            wanted = BuildFilter(project_id, statuses, version, limit, labels)
            if not watch:
                list_builds(client, wanted, json=json)
                return
            known = known_ids(client)

        from millstream.cli.builds.watch import watch_builds

        watch_builds(found, wanted, known, json=json)


def list_builds(client: "Client", wanted: "BuildFilter", *, json: bool) -> None:
    """Print the builds as they are now."""
    builds = list(islice(client.builds.list_builds(**wanted.as_arguments()), wanted.limit))
    if json:
        from millstream.cli.shared.json_output import json_array
        from millstream.cli.shared.terminal import put_line

        put_line(json_array(builds))
        return
    if builds:
        print_builds(client, builds)
    else:
        from millstream.cli.shared.terminal import put_note

        put_note("no builds" if wanted.is_narrow else "no builds yet - record one with: millstream run -- make")


def print_builds(client: "Client", builds: "list[Build]") -> None:
    """Print a table: for a terminal as wide as it is, else plain text."""
    from millstream.cli.builds.origin import find_origins
    from millstream.cli.builds.row import build_row, plain_table
    from millstream.cli.shared.short_id import known_ids
    from millstream.cli.shared.terminal import is_terminal, put_line, stdout_console

    origins = find_origins(client, builds)
    short = known_ids(client, builds)
    now = datetime.now(UTC)
    rows = [build_row(build, origins[build.scheme_id], short.of(build.id), now) for build in builds]
    if not is_terminal():
        for line in plain_table(rows):
            put_line(line)
        return
    from millstream.cli.builds.table import build_table

    console = stdout_console()
    console.print(build_table(builds, rows, console.width))
