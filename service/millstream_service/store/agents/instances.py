"""Coding agents: how they are numbered, what status may follow which, and what goes with one that is deleted."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache
from itertools import product
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from millstream_service.errors import (
    AlreadyExistsError,
    InvalidStatusTransitionError,
    NotFoundError,
    ValidationFailedError,
)
from millstream_service.names import MAX_SMALL_NUMBER
from millstream_service.store.agents import mcp_events
from millstream_service.store.agents.tables import EVENT_WRITERS, INSTANCE_TIMES, INSTANCES
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.entities import counters, removal, rows
from millstream_service.store.history.changes import Change
from millstream_service.store.schema.models import DELETIONS
from millstream_service.store.schema.resources import Resource


class Status(IntEnum):
    """How far an instance has come. The numbers are those of the protobuf enum."""

    STARTED = 1
    WAITING_REVIEW = 2
    PR_CREATED = 3
    PR_MERGED = 4
    PR_CLOSED = 5
    TERMINATED = 6


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.STARTED: frozenset({Status.WAITING_REVIEW, Status.PR_CREATED, Status.TERMINATED}),
    Status.WAITING_REVIEW: frozenset({Status.STARTED, Status.PR_CREATED, Status.TERMINATED}),
    Status.PR_CREATED: frozenset({Status.WAITING_REVIEW, Status.PR_MERGED, Status.PR_CLOSED, Status.TERMINATED}),
    Status.PR_MERGED: frozenset({Status.TERMINATED}),
    Status.PR_CLOSED: frozenset({Status.TERMINATED}),
    Status.TERMINATED: frozenset(),
}
"""What may follow each status."""
TYPES = (1, 2, 3)

_columns = INSTANCES.table.c
_LAST_NUMBER = Prepared(
    select(func.max(_columns.agent_number).label("number")).where(
        _columns.issue_number == bindparam("issue"), _columns.agent_number > 0
    )
)
_WITH_NUMBER = Prepared(
    select(_columns.id).where(_columns.issue_number == bindparam("issue"), _columns.agent_number == bindparam("number"))
)


def _ancestry() -> Any:
    """Return a query of an instance and all those that it descends from."""
    line = select(_columns.id, _columns.parent_instance_id).where(_columns.id == bindparam("instance"))
    line_cte = line.cte("line", recursive=True)
    above = select(_columns.id, _columns.parent_instance_id).where(_columns.id == line_cte.c.parent_instance_id)
    recursion = line_cte.union(above)
    return select(recursion.c.id)


_ANCESTRY = _ancestry()


def create(connection: Connection, values: rows.Row, *, past_dead: bool = False) -> rows.Written:
    """Insert an instance, with the next number of its issue and an id made of both where it has none.

    Raises AlreadyExistsError with the instance that has its id or number, and NotFoundError for its parent.
    """
    parent = values["parent_instance_id"]
    if parent is not None and rows.find(connection, INSTANCES, parent) is None:
        raise NotFoundError("parent_instance", parent)
    number = _number(connection, values["issue_number"], values["agent_number"])
    key = values["id"] or _made_id(values["issue_number"], number)
    row = {**values, "id": key, "agent_number": number}
    if past_dead:  # under an id that was made here nobody has cleared the way (see `removal.clear_way`)
        connection.execute(delete(EVENT_WRITERS).where(EVENT_WRITERS.c.instance_id == key))
    return rows.create(connection, INSTANCES, row, past_dead=past_dead)


def _number(connection: Connection, issue: int, number: int) -> int:
    """Return the number of a new instance. Raises AlreadyExistsError, and ValidationFailedError after the last."""
    if not number:
        last = _LAST_NUMBER.one(connection, {"issue": issue})
        number = 1 + ((last and last["number"]) or 0)
        if number > MAX_SMALL_NUMBER:
            raise ValidationFailedError("instance.agent_number", "must be given: the last one is taken")
        return number
    taken = _WITH_NUMBER.one(connection, {"issue": issue, "number": number})
    if taken is not None:
        raise AlreadyExistsError("instance", taken["id"])
    return number


def _made_id(issue: int, number: int) -> str:
    return f"work-{issue}-a{number}" if issue else f"work-a{number}"


def change(connection: Connection, key: str, values: rows.Row) -> rows.Written:
    """Give some columns new values. Raises NotFoundError, and ValidationFailedError for a cycle of parents."""
    parent = values.get("parent_instance_id")

    def check(_new: rows.Row) -> None:
        if parent is not None:
            if rows.find(connection, INSTANCES, parent) is None:
                raise NotFoundError("parent_instance", parent)
            if key in connection.execute(_ANCESTRY, {"instance": parent}).scalars():
                raise ValidationFailedError(
                    "instance.parent_instance_id", "is the instance itself, or descends from it"
                )

    return rows.change(connection, INSTANCES, key, values, check)


def change_status(
    connection: Connection, key: str, status: int, now: int
) -> tuple[tuple[rows.Row, rows.Row], list[Change]]:
    """Change the status and log that; return the instance and the event.

    Raises NotFoundError and InvalidStatusTransitionError.
    """
    old = rows.get(connection, INSTANCES, key)
    before, after = Status(old["status"]), Status(status)
    if after not in TRANSITIONS[before]:
        raise InvalidStatusTransitionError(key, before.name, after.name)
    values = {"status": int(after), "last_activity": max(now, old["last_activity"])}
    values |= {"terminated_at": now} if after is Status.TERMINATED else {}
    row, changes = rows.change(connection, INSTANCES, key, values, lambda _new: None)
    event, logged = mcp_events.record(connection, _status_event(key, status, now))
    return (row, event), [*changes, *logged]


def _status_event(key: str, status: int, now: int) -> dict[str, Any]:
    return {
        "instance_id": key,
        "tool_name": "",
        "success": True,
        "error_message": "",
        "metadata": None,
        "git_commit_hash": "",
        "status_change": status,
        "is_status_updating": True,
        "timestamp": now,
    }


def remove(connection: Connection, key: str) -> tuple[bool, list[Change]]:
    """Delete an instance with its events and relationships; those that it started are left without a parent.

    Return whether some of its events are left to be taken away. Raises NotFoundError, and ListTooLargeError where it
    has more relationships and children than one transaction should change.
    """
    left, changes = removal.remove(connection, INSTANCES, key)
    if left:
        _give_up_number(connection, key)
    return left, changes


def _give_up_number(connection: Connection, key: str) -> None:
    """Let another instance have the number of one that is dead."""
    no_number = -counters.last_of(connection, DELETIONS.name)
    connection.execute(update(INSTANCES.table).where(_columns.id == key).values(agent_number=no_number))


@cache
def listed_by(time: str, *, descending: bool) -> Resource:
    """Return instances, ordered by one of their times and then by their ids."""
    assert time in INSTANCE_TIMES  # noqa: S101 - the request was checked
    return INSTANCES.order_by(*(f"-{name}" if descending else name for name in (time, "id")))


def branches(types: Sequence[int], statuses: Sequence[int], others: Mapping[str, Any]) -> Iterable[rows.Branch]:
    """Return the branches of a list, each served in its order by one index; `others` are an issue or a parent.

    Without these a type and a status together lead the index, so that a list by one goes through all of the other.
    """
    if others:
        within = {"type": tuple(types), "status": tuple(statuses)}
        return [{**others, **{name: values for name, values in within.items() if values}}]
    if not types and not statuses:
        return [{}]
    return [{"type": kind, "status": status} for kind, status in product(types or TYPES, statuses or tuple(Status))]
