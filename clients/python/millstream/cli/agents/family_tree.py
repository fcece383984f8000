"""A family drawn as a tree."""

from rich.text import Text
from rich.tree import Tree

from millstream.cli.agents.family import Branch
from millstream.cli.agents.instance_report import relation_text
from millstream.cli.agents.instance_row import format_number, status_text
from millstream.cli.agents.style import status_name, type_name
from millstream.cli.shared.printable import visible


def family_tree(root: Branch) -> Tree:
    """Return the tree from this instance down."""
    tree = Tree(_label(root), guide_style="dim")
    waiting = [(tree, root)]
    for node, branch in waiting:
        waiting.extend((node.add(_label(child)), child) for child in branch.children)
    return tree


def _label(branch: Branch) -> Text:
    """`work-1-a2  review  ● started  #1  spawned review 1`."""
    instance = branch.instance
    label = Text.assemble((visible(instance.id), "bold"), f"  {type_name(instance.type)}  ")
    label.append_text(status_text(status_name(instance.status)))
    if instance.issue_number:
        label.append(f"  {format_number(instance.issue_number)}")
    for relationship in branch.relationships:
        label.append(f"  {relation_text(relationship)}", "dim")
    return label.append("  (see above)" if branch.again else "", "dim")
