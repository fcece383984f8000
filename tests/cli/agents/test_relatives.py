"""The trees that one instance stands in, out of all that there are."""

import pytest

from millstream import Client, Instance, Relationship, RelationshipType
from millstream.cli.agents.family import Branch
from millstream.cli.agents.relatives import relatives
from millstream.errors import InstanceNotFoundError

FORK = RelationshipType.RELATIONSHIP_TYPE_CREATED_FORK


def create(client: Client, **parents: str) -> None:
    for key, parent in parents.items():
        client.agents.create_instance(Instance(id=key, parent_instance_id=parent))


def relate(client: Client, parent: str, child: str) -> None:
    client.agents.create_relationship(Relationship(parent_instance=parent, child_instance=child, type=FORK))


def nested(branches: list[Branch]) -> dict[str, object]:
    return {branch.instance.id: nested(branch.children) for branch in branches}


def drawn(client: Client, instance_id: str) -> dict[str, object]:
    return nested(relatives(client, instance_id).forest(instance_id))


def test_all_above_it_and_all_below_these(millstream_client: Client) -> None:
    create(
        millstream_client, root="", middle="root", leaf="middle", aunt="root", cousin="aunt", other="", child="other"
    )
    expected: dict[str, object] = {"root": {"middle": {"leaf": {}}, "aunt": {"cousin": {}}}}
    assert drawn(millstream_client, "leaf") == drawn(millstream_client, "root") == expected
    assert drawn(millstream_client, "other") == {"other": {"child": {}}}


def test_relationships_are_followed_as_parents_are(millstream_client: Client) -> None:
    create(millstream_client, a="", b="a", c="", d="c", e="")
    relate(millstream_client, "c", "b")
    relate(millstream_client, "b", "e")
    assert drawn(millstream_client, "e") == {"a": {"b": {"e": {}}}, "c": {"b": {}, "d": {}}}
    family = relatives(millstream_client, "b")
    (below,) = family.forest("b")[0].children
    assert [one.type for one in below.children[0].relationships] == [FORK]


def test_more_children_than_a_page_has(millstream_client: Client) -> None:
    create(millstream_client, root="", **{f"child-{number:03}": "root" for number in range(250)})
    assert len(drawn(millstream_client, "child-007")["root"]) == 250  # type: ignore[arg-type]


def test_alone(millstream_client: Client) -> None:
    create(millstream_client, alone="", another="")
    assert drawn(millstream_client, "alone") == {"alone": {}}


def test_one_that_is_not_there(millstream_client: Client) -> None:
    with pytest.raises(InstanceNotFoundError):
        relatives(millstream_client, "nobody")
