"""`millstream agents show`: all that is known of one instance."""

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Argument
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.cli.agents.instance_report import InstanceReport

InstanceArgument = Annotated[str, Argument(metavar="INSTANCE", help="The id of an instance: work-123-a1.")]

LAST_EVENTS = 5


def show_command(
    instance: InstanceArgument, json: JsonOption = False, address: AddressOption = None, db: DatabaseOption = None
) -> None:
    """Show all that is known about an instance.

    This includes where it works, its status, its relationships, and its last events.
    """
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        report = make_report(client, instance)
    if json:
        from millstream.cli.agents.instance_report import report_dict
        from millstream.cli.shared.json_output import json_object
        from millstream.cli.shared.terminal import put_line

        put_line(json_object(report_dict(report)))
    else:
        print_report(report, datetime.now(UTC))


def make_report(client: "Client", instance_id: str) -> "InstanceReport":
    """Fetch what belongs to the instance."""
    from millstream.cli.agents.instance_report import InstanceReport

    return InstanceReport(
        client.agents.get_instance(instance_id),
        list(client.agents.list_relationships(instance_id)),
        list(islice(client.agents.list_mcp_events(instance_id, page_size=LAST_EVENTS), LAST_EVENTS))[::-1],
    )


def print_report(report: "InstanceReport", now: datetime) -> None:
    """Print it; a pipe gets each line whole, a terminal wraps it."""
    from millstream.cli.agents.instance_report import report_lines
    from millstream.cli.shared.terminal import stdout_console

    console = stdout_console()
    for line in report_lines(report, now):
        console.print(line, soft_wrap=True)
