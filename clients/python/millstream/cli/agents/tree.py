"""`millstream agents tree`: who came from whom."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Argument
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.cli.agents.family import Family

MAX_INSTANCES = 10_000
WIDTH = 1_000_000
"""In cells: what stands deep in a tree would be left out of a narrower one."""


def tree_command(
    instance: Annotated[
        str | None, Argument(metavar="INSTANCE", help="Only the trees that contain this instance.")
    ] = None,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Draw each instance below its parents.

    A parent is the instance that started another one, or the parent in a relationship.
    """
    from millstream.cli.shared.terminal import put_line, put_note, stdout_console
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        family = find_family(client, instance)
    trees = family.forest(instance)
    if json:
        from millstream.cli.shared.json_output import json_text

        put_line(json_text([tree.as_dict() for tree in trees]))
        return
    if not trees:
        put_note("no instances yet")
    from millstream.cli.agents.family_tree import family_tree

    console = stdout_console(WIDTH)
    for tree in trees:
        console.print(family_tree(tree), soft_wrap=True)


def find_family(client: "Client", instance: str | None) -> "Family":
    """Fetch the newest instances and how they came from each other; or those around the one that is asked for."""
    from contextlib import closing

    from millstream.cli.agents.family import Family
    from millstream.cli.agents.relatives import relatives

    if instance is not None:
        return relatives(client, instance)
    newest = client.agents.list_instances(order_by="created_at", descending=True, page_size=1_000)
    instances = list(islice(newest, MAX_INSTANCES))[::-1]
    with closing(client.agents.watch_relationships()) as values:
        return Family(instances, next(values))
