"""How instances came from each other: no pair twice in the same way, no cycle, and a bounded number of reviews."""

from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from millstream_service.errors import (
    AlreadyExistsError,
    NotFoundError,
    ReviewLimitReachedError,
    ValidationFailedError,
)
from millstream_service.store.agents.tables import INSTANCES, RELATIONSHIPS
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.entities import counters, rows


class Kind(IntEnum):
    """How an instance came from another. The numbers are those of the protobuf enum."""

    SPAWNED_REVIEW = 1
    CREATED_FORK = 2
    PLANNING_TO_ISSUE = 3


_columns = RELATIONSHIPS.table.c
_THE_SAME = Prepared(
    select(_columns.id).where(
        _columns.parent_instance == bindparam("parent"),
        _columns.child_instance == bindparam("child"),
        _columns.type == bindparam("kind"),
    )
)
_LAST_ROUND = Prepared(
    select(func.max(_columns.review_iteration).label("round")).where(
        _columns.parent_instance == bindparam("parent"), _columns.type == int(Kind.SPAWNED_REVIEW)
    )
)


def _ancestry() -> Any:
    """Return a query of all instances that one came from, in whatever way."""
    parents = select(_columns.parent_instance).where(_columns.child_instance == bindparam("instance"))
    line = parents.cte("line", recursive=True)
    recursion = line.union(select(_columns.parent_instance).where(_columns.child_instance == line.c.parent_instance))
    return select(recursion.c.parent_instance)


_ANCESTRY = _ancestry()


def create(connection: Connection, values: rows.Row, max_rounds: int) -> rows.Written:
    """Insert a relationship under the next id; a review without a round is in the one after the parent's last.

    Raises NotFoundError, ValidationFailedError for a cycle, AlreadyExistsError and ReviewLimitReachedError.
    """
    parent, child, kind = values["parent_instance"], values["child_instance"], Kind(values["type"])
    for noun, key in (("parent_instance", parent), ("child_instance", child)):
        if rows.find(connection, INSTANCES, key) is None:
            raise NotFoundError(noun, key)
    _refuse_cycle(connection, parent, child)
    if _THE_SAME.one(connection, {"parent": parent, "child": child, "kind": int(kind)}) is not None:
        raise AlreadyExistsError("relationship", f"{parent} {child} {kind.name}")
    row = {**values, "id": counters.next_id(connection, RELATIONSHIPS)}
    if kind is Kind.SPAWNED_REVIEW:
        row["review_iteration"] = values["review_iteration"] or _next_round(connection, parent)
        _check_round(row, max_rounds)
    return rows.create(connection, RELATIONSHIPS, row)


def _refuse_cycle(connection: Connection, parent: str, child: str) -> None:
    if parent == child or child in connection.execute(_ANCESTRY, {"instance": parent}).scalars():
        raise ValidationFailedError("relationship.child_instance", "is the parent itself, or an ancestor of it")


def _next_round(connection: Connection, parent: str) -> int:
    last = _LAST_ROUND.one(connection, {"parent": parent})
    return 1 + ((last and last["round"]) or 0)


def _check_round(row: rows.Row, max_rounds: int) -> None:
    """Raise ReviewLimitReachedError for a review past the limit, ValidationFailedError for one of no round."""
    if row["type"] != Kind.SPAWNED_REVIEW:
        return
    if row["review_iteration"] < 1:
        raise ValidationFailedError("relationship.review_iteration", "must be 1 or more")
    if row["review_iteration"] > max_rounds:
        raise ReviewLimitReachedError(row["parent_instance"], max_rounds)


def change(connection: Connection, key: int, values: rows.Row, max_rounds: int) -> rows.Written:
    """Give some columns new values. Raises NotFoundError, ValidationFailedError and ReviewLimitReachedError."""
    return rows.change(connection, RELATIONSHIPS, key, values, lambda row: _check_round(row, max_rounds))


def branches(instance_id: str) -> list[rows.Branch]:
    """Return the branches of the list of an instance's relationships, as parent and as child."""
    return [{name: instance_id} for name in RELATIONSHIPS.beside]
