"""Who came from whom: instances below those that started them, and below those of their relationships."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from millstream.agents.v1.instance_pb2 import Instance
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.cli.shared.json_output import as_dict


@dataclass
class Branch:
    """An instance in a tree, and how it came from the one above. `again`: what is below it was shown before."""

    instance: Instance
    relationships: list[Relationship]
    children: "list[Branch]" = field(default_factory=list)
    again: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of the instance, its `relationships` with the one above, and its `children`."""
        return as_dict(self.instance) | {
            "relationships": [as_dict(relationship) for relationship in self.relationships],
            "children": [child.as_dict() for child in self.children],
        }


class Family:
    """Instances, oldest first, and how they came from each other.

    Of what is not there (an instance that was deleted meanwhile, or is older than those that were asked for) nothing is
    shown.
    """

    def __init__(self, instances: Iterable[Instance], relationships: Iterable[Relationship]) -> None:
        self._instances = {instance.id: instance for instance in instances}
        self._places = {key: place for place, key in enumerate(self._instances)}
        self._children: dict[str, dict[str, list[Relationship]]] = {key: {} for key in self._instances}
        self._parents: dict[str, set[str]] = {key: set() for key in self._instances}
        for relationship in relationships:
            self._add(relationship.parent_instance, relationship.child_instance, [relationship])
        for instance in self._instances.values():
            self._add(instance.parent_instance_id, instance.id, [])

    def _add(self, parent: str, child: str, relationships: list[Relationship]) -> None:
        if parent in self._instances and child in self._instances:
            self._children[parent].setdefault(child, []).extend(relationships)
            self._parents[child].add(parent)

    def forest(self, around: str | None = None) -> list[Branch]:
        """Return the trees, each from who came from nobody; `around`: only those that this instance stands in."""
        wanted = self._instances.keys() if around is None else self._above(around)
        roots = [key for key in self._instances if key in wanted and not self._parents[key]]
        shown: set[str] = set()
        trees = [self._grown(root, shown) for root in roots]
        # Parents and relationships may contradict each other, so that each is below the other: begin somewhere.
        return trees + [self._grown(key, shown) for key in self._instances if key in wanted and key not in shown]

    def _above(self, key: str) -> set[str]:
        line = [key]
        above = {key}
        for one in line:
            new = self._parents.get(one, set()) - above
            above |= new
            line.extend(new)
        return above

    def _grown(self, root: str, shown: set[str]) -> Branch:
        """Return the tree of a root. Who came from several stands below each, with all below it the first time only."""
        tree = Branch(self._instances[root], [])
        waiting = [tree]
        while waiting:
            branch = waiting.pop()
            key = branch.instance.id
            if key in shown:
                branch.again = bool(self._children[key])
                continue
            shown.add(key)
            branch.children = [Branch(self._instances[child], how) for child, how in self._sort(key)]
            waiting.extend(reversed(branch.children))
        return tree

    def _sort(self, key: str) -> list[tuple[str, list[Relationship]]]:
        return sorted(self._children[key].items(), key=lambda item: self._places[item[0]])
