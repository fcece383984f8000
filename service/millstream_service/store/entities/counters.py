"""Ids that count up: the next one of a table, given once and never again, whatever is deleted.

Only the writer takes them, and on either engine one transaction at a time writes: so their order is that of the
commits, and a tail that has read up to an id has missed none below it. PostgreSQL's sequences do not promise that.
"""

from sqlalchemy import Connection, bindparam, select, update

from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.engines.soundness import missing, only
from millstream_service.store.schema.models import COUNTERS
from millstream_service.store.schema.resources import Resource

_MINE = COUNTERS.c.name == bindparam("table_name")
_NEXT = Prepared(
    update(COUNTERS).where(_MINE).values(value=COUNTERS.c.value + bindparam("count")).returning(COUNTERS.c.value)
)
_LAST = select(COUNTERS.c.value).where(_MINE)


def next_id(connection: Connection, resource: Resource) -> int:
    """Return the next id of a resource."""
    return next_of(connection, resource.table.name)


def next_ids(connection: Connection, resource: Resource, count: int) -> range:
    """Return the next `count` ids of a resource, which follow each other."""
    last = next_of(connection, resource.table.name, count)
    return range(last - count + 1, last + 1)


def next_of(connection: Connection, table: str, count: int = 1) -> int:
    """Return the next number of a table; where more of them are taken at once, the last one."""
    row = _NEXT.one(connection, {"table_name": table, "count": count})
    if row is None:
        raise missing(COUNTERS.name, {"table_name": table})
    return int(row["value"])


def last_id(connection: Connection, resource: Resource) -> int:
    """Return the last id that was given; 0 where none was."""
    return last_of(connection, resource.table.name)


def last_of(connection: Connection, table: str) -> int:
    """Return the last number of a table that was given; 0 where none was."""
    return int(only(connection, _LAST, {"table_name": table})[0])
