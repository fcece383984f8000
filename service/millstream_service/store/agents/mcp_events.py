"""What instances did: events are logged, one or a batch at a time, never changed, and go with their instance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from millstream_service.errors import NotFoundError
from millstream_service.store.agents.tables import EVENT_WRITERS, INSTANCES, MCP_EVENTS
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.entities import counters, deletions, rows
from millstream_service.store.entities.writers import Writers
from millstream_service.store.history import queries
from millstream_service.store.history.changes import Change, Operation

TAIL_EVENTS = 500
TAIL_BYTES = 1 << 20
"""So many events, and about so many bytes of the long fields, one message of a tail has at the most."""
_instances = INSTANCES.table
_WRITERS = Writers(INSTANCES, EVENT_WRITERS)
_BY_ID = MCP_EVENTS.order_by("id")
_BY_TIME = MCP_EVENTS.order_by("-timestamp", "-id")
_TOUCH = Prepared(
    update(INSTANCES.table)
    .where(
        _instances.c.id == bindparam("instance"),
        _instances.c.last_activity < bindparam("before"),
        deletions.live(INSTANCES),
    )
    .values(last_activity=bindparam("time"))
    .returning(_instances.c.id, _instances.c.parent_instance_id)
)
_STATE = Prepared(
    select(_instances.c.id, _WRITERS.last_entry)
    .outerjoin(EVENT_WRITERS, _WRITERS.mine)
    .where(_instances.c.id == bindparam("instance"), deletions.live(INSTANCES))
)


@dataclass(frozen=True, slots=True)
class Appended:
    """All events of the writer up to `durable_entry` are stored; the last event of the instance is `last_id`."""

    durable_entry: int
    last_id: int


def log(connection: Connection, values: rows.Row) -> rows.Written:
    """Store an event, and move the `last_activity` of its instance on to the event's time. Raises NotFoundError."""
    touched = _touch(connection, values["instance_id"], values["timestamp"])
    if not touched:
        rows.get(connection, INSTANCES, values["instance_id"])
    row, changes = record(connection, values)
    return row, [*changes, *touched]


def _touch(connection: Connection, instance_id: str, time: int) -> list[Change]:
    """Move the `last_activity` of an instance on, and return that as a change; none where it is as late already."""
    touched = _TOUCH.one(connection, {"instance": instance_id, "before": time, "time": time})
    return [] if touched is None else [rows.make_change(INSTANCES, Operation.UPDATE, touched)]


def record(connection: Connection, values: rows.Row) -> rows.Written:
    """Store an event of an instance that is there, under the next id, and leave the instance as it is."""
    return rows.insert_placed(connection, MCP_EVENTS, {**values, "id": counters.next_id(connection, MCP_EVENTS)})


def append(
    connection: Connection, instance_id: str, writer_id: str, first_entry: int, events: Sequence[rows.Row]
) -> tuple[Appended, list[Change]]:
    """Store a writer's events, from number `first_entry` on, but those that came before; as `log` does each.

    Raises NotFoundError, and EntryGapError where events before `first_entry` have not come.
    """
    state = _STATE.one(connection, {"instance": instance_id, "writer_id": writer_id})
    if state is None:
        raise NotFoundError(INSTANCES.noun, instance_id)
    new = events[_WRITERS.skip(instance_id, writer_id, state["last_entry"], first_entry) :]
    if not new:
        return Appended(state["last_entry"], _last_id(connection, instance_id)), []
    ids = counters.next_ids(connection, MCP_EVENTS, len(new))
    placed = [{**values, "id": number} for values, number in zip(new, ids, strict=True)]
    changes = rows.insert_many(connection, MCP_EVENTS, placed)
    changes += _touch(connection, instance_id, max(values["timestamp"] for values in new))
    last_entry = first_entry + len(events) - 1
    _WRITERS.move(connection, instance_id, writer_id, last_entry)
    return Appended(last_entry, ids[-1]), changes


def _last_id(connection: Connection, instance_id: str) -> int:
    """Return the id of the last event of an instance; 0 where it has none."""
    newest = rows.listing(connection, MCP_EVENTS, [_branch(instance_id)], limit=1, only=["id"])
    return next((row["id"] for row in newest), 0)


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
