"""What instances did: events are logged, never changed, and go with their instance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from millstream_service.store import counters, queries, rows
from millstream_service.store.changes import Operation
from millstream_service.store.prepared import Prepared
from millstream_service.store.resources import INSTANCES, MCP_EVENTS

_instances, _events = INSTANCES.table.c, MCP_EVENTS.table.c
_BY_TIME = MCP_EVENTS.ordered("-timestamp", "-id")
_TOUCH = Prepared(
    update(INSTANCES.table)
    .where(_instances.id == bindparam("instance"), _instances.last_activity < bindparam("time"))
    .values(last_activity=bindparam("time"))
    .returning(_instances.id, _instances.parent_instance_id)
)


def log(connection: Connection, values: rows.Row) -> rows.Written:
    """Store an event, and move the `last_activity` of its instance on to the event's time. Raises NotFoundError."""
    row, changes = record(connection, values)
    touched = _TOUCH.one(connection, {"instance": row["instance_id"], "time": row["timestamp"]})
    if touched is not None:
        changes.append(rows.changed(INSTANCES, Operation.UPDATE, touched))
    return row, changes


def record(connection: Connection, values: rows.Row) -> rows.Written:
    """Store an event under the next id, and leave its instance as it is. Raises NotFoundError."""
    return rows.create(connection, MCP_EVENTS, {**values, "id": counters.next_id(connection, MCP_EVENTS)})


def of_instance(
    connection: Connection, instance_id: str, after: Sequence[Any] | None, limit: int
) -> Iterator[tuple[rows.Row, tuple[Any, ...]]]:
    """Yield the events of an instance, the last logged first, each with its place. Raises NotFoundError."""
    rows.get(connection, INSTANCES, instance_id)
    branch = {"instance_id": instance_id}
    for row in rows.listing(connection, MCP_EVENTS, [branch], after=after, limit=limit):
        yield row, rows.order_values(MCP_EVENTS, row)


def recent(
    connection: Connection, since: int | None, after: Sequence[Any] | None, limit: int
) -> Iterator[tuple[rows.Row, tuple[Any, ...]]]:
    """Yield the events of a time or later (nanoseconds since 1970), newest first, each with its place."""
    found = rows.listing(connection, _BY_TIME, [{}], after=after, limit=limit)
    for row in takewhile(lambda row: since is None or row["timestamp"] >= since, found):
        yield row, rows.order_values(_BY_TIME, row)


@dataclass(frozen=True, slots=True)
class Tail:
    """Some events by their ids; all up to `last_id` are among them or not asked for; whether there may be more."""

    revision: int
    events: Sequence[rows.Row]
    last_id: int
    more: bool


def tail(connection: Connection, instance_id: str | None, after_id: int, limit: int) -> Tail:
    """Return the next events of a tail, `limit` at most. Raises NotFoundError where the one instance is not there."""
    revision = queries.revision(connection)
    if instance_id is not None:
        rows.get(connection, INSTANCES, instance_id)
    mine = [] if instance_id is None else [_events.instance_id == instance_id]
    statement = select(MCP_EVENTS.table).where(*mine, _events.id > after_id).order_by(_events.id).limit(limit)
    found = connection.execute(statement).mappings().all()
    if len(found) == limit:
        return Tail(revision, found, found[-1]["id"], more=True)
    return Tail(revision, found, max(after_id, counters.last_id(connection, MCP_EVENTS)), more=False)
