"""Takes away what was deleted, one bounded step after the other, from the leaves up.

A step is one command of the writer: so many rows and bytes at the most. Rows go before those that they refer to, so
that no foreign key takes more with it. Whatever a kill interrupts, the next step goes on with what is left.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, delete, func, literal, select

from millstream_service.store import registry
from millstream_service.store.entities import deletions, rows
from millstream_service.store.entities.deletions import Deletion
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.schema.resources import GENERATION, Log, Resource

MAX_ROWS = 200
MAX_BYTES = 1 << 20
"""What one step takes at the most (of large things one at the least): others' writes wait that long."""
_LARGE_ROWS = 20
"""So many at a time, of those that may be large."""


class Step:
    """What one transaction takes away, and how much more it may take. `changes`: the rows of entities, leaves first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows = MAX_ROWS
        self._bytes = MAX_BYTES
        self.changes: list[Change] = []

    def take_tree(self, top: Resource, key: str, before: int) -> bool:
        """Take the row with this key and what is below it, of generations before `before`; return whether that is all.

        What was made since at the same key stays.
        """
        for lower, column in reversed(registry.below(top)):
            if not self._take_rows(lower, lower.table.c[column] == key, before):
                return False
        return self._take_rows(top, top.table.c[top.key] == key, before)

    def take_parts(self, resource: Resource, keys: Sequence[str]) -> bool:
        """Take the logs of some rows and what else are parts of these; return whether that is all of it."""
        few = list(resource.parts)
        if log := resource.log:
            chunks = log.chunks.c
            if not self._take_many(resource.owner(log.chunks), chunks.first_seq, chunks.payload, keys):
                return False
            few.insert(0, log.heads)
        if (writers := resource.writers) is not None:
            name = writers.c.writer_id
            if not self._take_many(resource.owner(writers), name, name, keys):
                return False
        for table in few:
            self._connection.execute(delete(table).where(resource.owner(table).in_(keys)))
        return True

    def take_lines(self, resource: Resource, log: Log, key: str, up_to: int) -> bool:
        """Take the chunks of a row's log with lines up to a number; return whether that is all of them."""
        columns = log.chunks.c
        owner, older = resource.owner(log.chunks), columns.first_seq <= up_to
        return self._take_many(owner, columns.first_seq, columns.payload, [key], older)

    def _take_rows(self, resource: Resource, where: ColumnElement[bool], before: int) -> bool:
        table, size = resource.table, _size(resource)
        names = (resource.key, *resource.ancestors, *resource.beside)
        mine = [where, table.c[GENERATION] < before] if resource.mortal else [where]
        more = [deletions.live(resource).label("alive"), (literal(0) if size is None else size).label("size")]
        most = self._rows if size is None else min(self._rows, _LARGE_ROWS)
        wanted = select(*(table.c[name] for name in names), *more).where(*mine).limit(most + 1)
        found = self._connection.execute(wanted).all()
        keys = [row[0] for row in found[:most]]
        logs = self._logs_of(resource, keys)
        if keys and not self.take_parts(resource, keys):
            return False
        taken = self._fitting(found[:most])
        if taken:
            self._connection.execute(delete(table).where(table.c[resource.key].in_([row[0] for row in taken])))
        live = [dict(zip(names, row, strict=False)) for row in taken if row.alive]
        self._note(resource, live, logs)
        return len(taken) == len(found)

    def _logs_of(self, resource: Resource, keys: Sequence[str]) -> set[str]:
        """Return which of some rows have logs."""
        if resource.log is None or not keys:
            return set()
        owner = resource.owner(resource.log.heads)
        return set(self._connection.execute(select(owner).where(owner.in_(keys))).scalars())

    def _note(self, resource: Resource, taken: Sequence[rows.Row], logs: set[str]) -> None:
        for row in taken:
            if row[resource.key] in logs:
                self.changes += rows.make_log_changes(resource, Operation.DELETE, row)
            self.changes.append(rows.make_change(resource, Operation.DELETE, row))

    def _take_many(
        self,
        owner: Column[Any],
        second: Column[Any],
        large: Column[Any],
        keys: Sequence[str],
        *more: ColumnElement[bool],
    ) -> bool:
        """Take parts that rows have by the thousand; their key are `owner` and `second`."""
        mine: Select[Any] = select(owner, second, func.length(large).label("size")).where(owner.in_(keys), *more)
        found = self._connection.execute(mine.order_by(owner, second).limit(self._rows + 1)).all()
        taken = self._fitting(found)
        if taken:
            last: Any = taken[-1]
            whole = {row[0] for row in taken} - {last[0]}
            self._connection.execute(delete(owner.table).where(owner.in_(whole), *more))
            self._connection.execute(delete(owner.table).where(owner == last[0], second <= last[1]))
        return len(taken) == len(found)

    def _fitting(self, found: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Return the first rows, as many as the step has room for."""
        taken: list[Row[Any]] = []
        for row in found:
            if self._rows <= 0 or self._bytes <= 0:
                break
            taken.append(row)
            self._rows -= 1
            self._bytes -= row.size
        return taken


def _size(resource: Resource) -> ColumnElement[int] | None:
    """Return about how many bytes a row has, where these may be many."""
    sizes = [func.coalesce(func.length(resource.table.c[name]), 0) for name in resource.large]
    return reduce(add, sizes) if sizes else None


def go_on(connection: Connection, table: str, key: str) -> tuple[bool, Sequence[Change]]:
    """Take the next step of a deletion; return whether more is left. No change: what it takes is dead already."""
    deletion = deletions.find(connection, table, key)
    if deletion is None:
        return False, ()
    if _is_done(connection, deletion):
        deletions.forget(connection, deletion)
        return False, ()
    deletions.count_step(connection, deletion)
    return True, ()


def _is_done(connection: Connection, deletion: Deletion) -> bool:
    step = Step(connection)
    if found := registry.find_log(deletion.table_name):
        resource, log = found
        deleted = select(log.heads.c.deleted_seq).where(resource.owner(log.heads) == deletion.key)
        up_to = connection.execute(deleted).scalar()
        return up_to is None or step.take_lines(resource, log, deletion.key, up_to)
    return step.take_tree(registry.find_resource(deletion.table_name), deletion.key, deletion.number)
