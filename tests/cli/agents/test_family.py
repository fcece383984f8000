"""Who came from whom, as trees."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_STARTED, INSTANCE_TYPE_CODING, Instance
from millstream.agents.v1.relationship_pb2 import (
    RELATIONSHIP_TYPE_CREATED_FORK,
    RELATIONSHIP_TYPE_SPAWNED_REVIEW,
    Relationship,
    RelationshipType,
)
from millstream.cli.agents.family import Branch, Family
from millstream.cli.agents.family_tree import family_tree

Render = Callable[..., str]
REVIEW, FORK = RELATIONSHIP_TYPE_SPAWNED_REVIEW, RELATIONSHIP_TYPE_CREATED_FORK


def instances(**parents: str) -> list[Instance]:
    """Instances by their ids, each with its parent's, oldest first."""
    return [
        Instance(id=key, type=INSTANCE_TYPE_CODING, status=INSTANCE_STATUS_STARTED, parent_instance_id=parent)
        for key, parent in parents.items()
    ]


def related(parent: str, child: str, kind: RelationshipType = FORK, iteration: int = 0) -> Relationship:
    return Relationship(parent_instance=parent, child_instance=child, type=kind, review_iteration=iteration)


def nested(branches: Iterable[Branch]) -> dict[str, Any]:
    return {branch.instance.id + ("…" if branch.again else ""): nested(branch.children) for branch in branches}


def test_children_stand_below_who_started_them() -> None:
    family = Family(instances(a="", b="a", c="a", d="b", e=""), [])
    assert nested(family.forest()) == {"a": {"b": {"d": {}}, "c": {}}, "e": {}}


def test_a_relationship_is_a_parent_too() -> None:
    family = Family(instances(a="", b=""), [related("a", "b")])
    assert nested(family.forest()) == {"a": {"b": {}}}


def test_parent_and_relationship_of_the_same_two_are_one() -> None:
    review = related("a", "b", REVIEW, 1)
    (tree,) = Family(instances(a="", b="a"), [review]).forest()
    assert nested([tree]) == {"a": {"b": {}}}
    assert tree.children[0].relationships == [review]


def test_children_are_in_order_of_age() -> None:
    family = Family(instances(a="", b="", c="a", d=""), [related("a", "d"), related("a", "b")])
    assert list(nested(family.forest())["a"]) == ["b", "c", "d"]


def test_who_came_from_two_stands_below_both_with_all_below_it_once() -> None:
    family = Family(instances(a="", b="a", c="b", d="c"), [related("a", "c")])
    assert nested(family.forest()) == {"a": {"b": {"c": {"d": {}}}, "c…": {}}}
    family = Family(instances(a="", b="a", c="b"), [related("a", "c")])
    assert nested(family.forest()) == {"a": {"b": {"c": {}}, "c": {}}}


def test_only_the_trees_around_one() -> None:
    family = Family(instances(a="", b="a", c="", d="c", e="", f="e"), [related("c", "b")])
    assert nested(family.forest("b")) == {"a": {"b": {}}, "c": {"b": {}, "d": {}}}
    assert nested(family.forest("e")) == {"e": {"f": {}}}


def test_what_is_not_there_is_not_told_of() -> None:
    family = Family(instances(b="gone"), [related("gone", "b"), related("b", "gone")])
    assert nested(family.forest()) == {"b": {}}


def test_parents_and_relationships_that_contradict_each_other_are_drawn_all_the_same() -> None:
    family = Family(instances(a="b", b=""), [related("a", "b")])
    assert nested(family.forest()) == {"a": {"b": {"a…": {}}}}
    assert nested(family.forest("b")) == {"a": {"b": {"a…": {}}}}


def test_nobody_is_an_empty_forest() -> None:
    assert Family([], []).forest() == []


def test_a_long_line_is_no_problem() -> None:
    line = instances(**{f"i{number}": f"i{number - 1}" if number else "" for number in range(3_000)})
    (tree,) = Family(line, []).forest()
    depth = 0
    while tree.children:
        (tree,) = tree.children
        depth += 1
    assert depth == 2_999


def test_it_is_drawn(render: Render) -> None:
    (tree,) = Family(instances(a="", b="a", c="b"), [related("a", "b", REVIEW, 2)]).forest()
    tree.instance.issue_number = 17
    assert render(family_tree(tree)).splitlines() == [
        "a  coding  ● started  #17",
        "└── b  coding  ● started  spawned review 2",
        "    └── c  coding  ● started",
    ]


def test_for_scripts_all_is_nested() -> None:
    (tree,) = Family(instances(a="", b="a"), [related("a", "b", REVIEW, 2)]).forest()
    fields = tree.as_dict()
    assert (fields["id"], fields["relationships"]) == ("a", [])
    (child,) = fields["children"]
    assert (child["id"], child["type"]) == ("b", "INSTANCE_TYPE_CODING")
    assert child["relationships"][0]["type"] == "RELATIONSHIP_TYPE_SPAWNED_REVIEW"


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\nb"])
def test_an_id_steers_no_terminal(render: Render, hostile: str) -> None:
    (tree,) = Family([Instance(id=hostile)], []).forest()
    drawn = render(family_tree(tree))
    assert "\x1b" not in drawn
    assert len(drawn.splitlines()) == 1
