"""`millstream agents list`: the newest instances, as a table or live."""

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from millstream.cli.agents.style import InstanceStatusName, InstanceTypeName
from millstream.cli.shared.declared import Option
from millstream.cli.shared.options import INT32_MAX, AddressOption, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.agents.v1.instance_pb2 import Instance
    from millstream.cli.agents.instance_filter import InstanceFilter


def list_command(
    type: Annotated[  # noqa: A002 - the option is called so
        list[InstanceTypeName] | None,
        Option(metavar="TYPE", help="Only coding, review or planning instances; may be repeated."),
    ] = None,
    status: Annotated[
        list[InstanceStatusName] | None,
        Option(
            metavar="STATUS",
            help="Only started, waiting_review, pr_created, pr_merged, pr_closed or terminated instances; "
            "may be repeated.",
        ),
    ] = None,
    issue: Annotated[
        int | None, Option(metavar="N", min=0, max=INT32_MAX, help="Only instances of this issue.")
    ] = None,
    parent: Annotated[str | None, Option(metavar="INSTANCE", help="Only instances that this one started.")] = None,
    limit: Annotated[int, Option(metavar="N", min=1, max=1_000, help="Maximum number of instances.")] = 50,
    watch: Annotated[bool, Option("--watch", help="Keep the table up to date until Ctrl-C.")] = False,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """List instances, newest first.

    With --watch, a terminal shows a live table; a pipe gets a line for each new or changed instance.
    """
    from millstream import Client
    from millstream.cli.agents.instance_filter import InstanceFilter
    from millstream.local.finding import open_service

    wanted = InstanceFilter(
        tuple(name.value_on_wire for name in type or ()),
        tuple(name.value_on_wire for name in status or ()),
        issue,
        parent,
        limit,
    )
    with open_service(address, db) as found:
        if watch:
            from millstream.cli.agents.watch import watch_instances

            watch_instances(found, wanted, json=json)
            return
        with Client(found) as client:
            list_instances(client, wanted, json=json)


def list_instances(client: "Client", wanted: "InstanceFilter", *, json: bool) -> None:
    """Print the instances as they are now."""
    from millstream.cli.shared.terminal import put_line, put_note

    page = client.agents.list_instances(**wanted.as_arguments(), page_size=wanted.limit)
    instances = list(islice(page, wanted.limit))
    if json:
        from millstream.cli.shared.json_output import json_array

        put_line(json_array(instances))
    elif instances:
        print_instances(instances)
    else:
        put_note("no instances" if wanted.is_narrow else "no instances yet")


def print_instances(instances: "list[Instance]") -> None:
    """Print a table: for a terminal as wide as it is, else plain text."""
    from millstream.cli.agents.instance_row import HEADINGS, instance_row, instance_table
    from millstream.cli.shared.columns import plain_lines
    from millstream.cli.shared.terminal import is_terminal, put_line, stdout_console

    now = datetime.now(UTC)
    rows = [instance_row(instance, now) for instance in instances]
    if is_terminal():
        console = stdout_console()
        console.print(instance_table(rows, console.width))
        return
    for line in plain_lines([HEADINGS, *rows]):
        put_line(line)
