"""What instances did: events are logged, never changed, and go with their instance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, bindparam, update

from millstream_service.store.agents.tables import INSTANCES, MCP_EVENTS
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.entities import counters, deletions, rows
from millstream_service.store.history import queries
from millstream_service.store.history.changes import Operation

TAIL_EVENTS = 500
TAIL_BYTES = 1 << 20
"""So many events, and about so many bytes of the long fields, one message of a tail has at the most."""
_instances = INSTANCES.table.c
_BY_ID = MCP_EVENTS.order_by("id")
_BY_TIME = MCP_EVENTS.order_by("-timestamp", "-id")
_TOUCH = Prepared(
    update(INSTANCES.table)
    .where(
        _instances.id == bindparam("instance"),
        _instances.last_activity < bindparam("before"),
        deletions.live(INSTANCES),
    )
    .values(last_activity=bindparam("time"))
    .returning(_instances.id, _instances.parent_instance_id)
)


def log(connection: Connection, values: rows.Row) -> rows.Written:
    """Store an event, and move the `last_activity` of its instance on to the event's time. Raises NotFoundError."""
    instance_id, time = values["instance_id"], values["timestamp"]
    touched = _TOUCH.one(connection, {"instance": instance_id, "before": time, "time": time})
    if touched is None:
        rows.get(connection, INSTANCES, instance_id)
        return record(connection, values)
    row, changes = record(connection, values)
    return row, [*changes, rows.make_change(INSTANCES, Operation.UPDATE, touched)]


def record(connection: Connection, values: rows.Row) -> rows.Written:
    """Store an event of an instance that is there, under the next id, and leave the instance as it is."""
    return rows.insert_placed(connection, MCP_EVENTS, {**values, "id": counters.next_id(connection, MCP_EVENTS)})


def of_instance(
    connection: Connection, instance_id: str, after: Sequence[Any] | None, limit: int
) -> Iterator[tuple[rows.Row, tuple[Any, ...]]]:
    """Yield the events of an instance, the last logged first, each with its place. Raises NotFoundError."""
    rows.get(connection, INSTANCES, instance_id)
    for row in rows.listing(connection, MCP_EVENTS, [_branch(instance_id)], after=after, limit=limit):
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


def tail(connection: Connection, instance_id: str | None, after_id: int) -> Tail:
    """Return the next events of a tail, a bounded number. Raises NotFoundError where the one instance is not there."""
    revision = queries.revision(connection)
    if instance_id is not None:
        rows.get(connection, INSTANCES, instance_id)
    found: list[rows.Row] = []
    size = 0
    for row in rows.listing(connection, _BY_ID, [_branch(instance_id)], after=(after_id,), limit=TAIL_EVENTS):
        found.append(row)
        size += len(row["metadata"] or b"") + len(row["error_message"].encode())
        if size > TAIL_BYTES or len(found) == TAIL_EVENTS:
            return Tail(revision, found, row["id"], more=True)
    return Tail(revision, found, max(after_id, counters.last_id(connection, MCP_EVENTS)), more=False)


def _branch(instance_id: str | None) -> rows.Branch:
    return {} if instance_id is None else {"instance_id": instance_id}
