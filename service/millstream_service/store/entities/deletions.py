"""Deletions that are not done yet: what they have taken is dead, though it still lies in its table.

A project may have a million builds, and no transaction should take them all. So a deletion that finds more than a step
has room for is written down here, under the next number, and from that commit on all rows at its key or below it are
dead: no statement finds them (`live`). `purge` takes them away in steps.

What is made later at the same key, or below it, lives: each row has a generation, which is the number of the last
deletion before it was made. A deletion has taken those of a smaller generation than its number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    ScalarSelect,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    true,
    update,
)

from millstream_service.store import registry
from millstream_service.store.engines.engines import upsert
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.entities import counters
from millstream_service.store.schema.models import COUNTERS, DELETIONS
from millstream_service.store.schema.resources import GENERATION, Resource

AT_ONCE = 100

_at_key = and_(DELETIONS.c.table_name == bindparam("table"), DELETIONS.c.key == bindparam("of"))
_record: Callable[[Dialect], Executable] = upsert(DELETIONS, ["table_name", "key"], ["number"])
_RECORD = Prepared(_record)
_COUNT_STEP = Prepared(update(DELETIONS).where(_at_key).values(steps=DELETIONS.c.steps + 1))
_FORGET = Prepared(delete(DELETIONS).where(_at_key))
_FIND = Prepared(select(DELETIONS).where(_at_key))
_OLDEST = select(DELETIONS).order_by(DELETIONS.c.number).limit(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Deletion:
    """One of them: see models.Deletion for the fields."""

    table_name: str
    key: str
    number: int
    steps: int


def live(resource: Resource) -> ColumnElement[bool]:
    """Return the condition that a row was not taken by a deletion, its own or of what is above it.

    There is seldom one: that there is none is found once a statement, and then no row is looked at for it.
    """
    if not resource.mortal:
        return true()
    columns = resource.table.c
    names = zip((resource, *resource.above), (resource.key, *resource.ancestors), strict=True)
    spared = (~_taken(upper, columns[name], columns[GENERATION]) for upper, name in names if registry.has_below(upper))
    return or_(~exists(select(DELETIONS.c.number)), and_(*spared))


def _taken(upper: Resource, key: ColumnElement[str], generation: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(
        DELETIONS.c.table_name == upper.table.name, DELETIONS.c.key == key, DELETIONS.c.number > generation
    )


def newest() -> ScalarSelect[int]:
    """Return the query of the generation of a row that is made now."""
    return select(COUNTERS.c.value).where(COUNTERS.c.name == DELETIONS.name).scalar_subquery()


def next_number(connection: Connection) -> int:
    """Return the number that `record` will give."""
    return counters.last_of(connection, DELETIONS.name) + 1


def record(connection: Connection, table: str, key: str) -> None:
    """Write a deletion down: from this transaction on, all that there is at the key or below it is dead."""
    number = counters.next_of(connection, DELETIONS.name)
    _RECORD.run(connection, {"table_name": table, "key": key, "number": number, "steps": 0})


def find(connection: Connection, table: str, key: str) -> Deletion | None:
    """Return the deletion of a key, if there is one that is not done yet."""
    row = _FIND.one(connection, {"table": table, "of": key})
    return Deletion(**row) if row else None


def oldest(connection: Connection) -> Sequence[Deletion]:
    """Return the deletions that are not done yet, oldest first, a hundred at the most."""
    return [Deletion(*row) for row in connection.execute(_OLDEST)]


def count_step(connection: Connection, deletion: Deletion) -> None:
    """Note that a step of it was taken."""
    _COUNT_STEP.run(connection, {"table": deletion.table_name, "of": deletion.key})


def forget(connection: Connection, deletion: Deletion) -> None:
    """Note that all of it is gone."""
    _FORGET.run(connection, {"table": deletion.table_name, "of": deletion.key})
