"""Finds whom an instance shares a tree with: at the cost of that tree, however many other instances there are."""

from collections.abc import Callable, Iterable, Iterator

from millstream import Client
from millstream.agents.v1.instance_pb2 import Instance
from millstream.agents.v1.relationship_pb2 import Relationship
from millstream.cli.agents.family import Family
from millstream.errors import InstanceNotFoundError


def relatives(client: Client, instance_id: str) -> Family:
    """Return the instances above this one, and all that are below any of these. Raises InstanceNotFoundError."""
    found = _Found(client)
    found.instances[instance_id] = client.agents.get_instance(instance_id)
    found.follow([instance_id], found.above)
    found.follow(list(found.instances), found.below)
    oldest_first = sorted(found.instances.values(), key=lambda one: (one.created_at.ToNanoseconds(), one.id))
    return Family(oldest_first, found.all_relationships())


class _Found:
    """What has been found so far; each instance is asked for its relationships once."""

    def __init__(self, client: Client) -> None:
        self.instances: dict[str, Instance] = {}
        self._client = client
        self._relationships: dict[str, list[Relationship]] = {}

    def follow(self, line: list[str], nearest: Callable[[str], Iterable[str]]) -> None:
        """Go on from each in the line to those nearest to it, and from these to theirs, and take them all in."""
        known = set(line)
        for key in line:
            new = [one for one in dict.fromkeys(nearest(key)) if one not in known and self._is_there(one)]
            known.update(new)
            line.extend(new)

    def above(self, key: str) -> Iterator[str]:
        """Whom an instance came from."""
        parent = self.instances[key].parent_instance_id
        if parent:
            yield parent
        yield from (one.parent_instance for one in self._of(key) if one.child_instance == key)

    def below(self, key: str) -> Iterator[str]:
        """Who came from an instance."""
        for child in self._client.agents.list_instances(parent_instance=key):
            self.instances.setdefault(child.id, child)
            yield child.id
        yield from (one.child_instance for one in self._of(key) if one.parent_instance == key)

    def all_relationships(self) -> list[Relationship]:
        """Return the relationships of all, in the order of their ids."""
        by_id = {one.id: one for several in self._relationships.values() for one in several}
        return [by_id[key] for key in sorted(by_id)]

    def _of(self, key: str) -> list[Relationship]:
        if key not in self._relationships:
            self._relationships[key] = list(self._client.agents.list_relationships(key))
        return self._relationships[key]

    def _is_there(self, key: str) -> bool:
        try:
            self.instances.setdefault(key, self.instances.get(key) or self._client.agents.get_instance(key))
        except InstanceNotFoundError:  # it was deleted meanwhile
            return False
        return True
