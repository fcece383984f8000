"""Takes away what was deleted, one bounded step after the other, from the leaves up.

A step is one command of the writer: so many rows and bytes at the most. Rows go before those that they refer to, so
that no foreign key takes more with it. Whatever a kill interrupts, the next step goes on with what is left.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, literal, select

from millstream_service.store import deletions, rows
from millstream_service.store.changes import Change, Operation
from millstream_service.store.deletions import Deletion
from millstream_service.store.resources import (
    BUILD_LABELS,
    BUILD_LOGS,
    BUILDS,
    CHUNKS,
    CRASH_LOGS,
    GENERATION,
    HEADS,
    MCP_EVENTS,
    RESOURCES,
    WRITERS,
    Resource,
)

MAX_ROWS = 200
MAX_BYTES = 1 << 20
"""What one step takes at the most (of large things one at the least): so long do others' writes wait for it."""
_SIZES: dict[Resource, ColumnElement[int]] = {
    CRASH_LOGS: func.length(CRASH_LOGS.table.c.content),
    MCP_EVENTS: func.coalesce(func.length(MCP_EVENTS.table.c["metadata"]), 0),
}
_LARGE_ROWS = 20
"""So many at a time, of those that have sizes."""
_CHUNKS = (CHUNKS.c.first_seq, func.length(CHUNKS.c.payload).label("size"))
_WRITERS = (WRITERS.c.writer_id, func.length(WRITERS.c.writer_id).label("size"))


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
        for lower, column in reversed(rows.resources_below(top)):
            if not self._take_rows(lower, lower.table.c[column] == key, before):
                return False
        return self._take_rows(top, top.table.c[top.key] == key, before)

    def take_logs(self, builds: Sequence[str]) -> bool:
        """Take the logs of some builds, and the labels that they are found by; return whether that is all of them."""
        if not (self._take_parts(CHUNKS, _CHUNKS, builds) and self._take_parts(WRITERS, _WRITERS, builds)):
            return False
        for table in (HEADS, BUILD_LABELS):  # few a build
            self._connection.execute(delete(table).where(table.c.build_id.in_(builds)))
        return True

    def take_lines(self, build: str, up_to: int) -> bool:
        """Take the chunks of a log with lines up to a number; return whether that is all of them."""
        return self._take_parts(CHUNKS, _CHUNKS, [build], CHUNKS.c.first_seq <= up_to)

    def _take_rows(self, resource: Resource, where: ColumnElement[bool], before: int) -> bool:
        table, size = resource.table, _SIZES.get(resource)
        names = (resource.key, *resource.ancestors, *resource.beside)
        mine = [where, table.c[GENERATION] < before] if resource.mortal else [where]
        more = [deletions.live(resource).label("alive"), (literal(0) if size is None else size).label("size")]
        most = self._rows if size is None else min(self._rows, _LARGE_ROWS)
        wanted = select(*(table.c[name] for name in names), *more).where(*mine).limit(most + 1)
        found = self._connection.execute(wanted).all()
        logs: set[str] = set()
        if resource is BUILDS and found[:most]:
            keys = [row[0] for row in found[:most]]
            logs = self._heads(keys)
            if not self.take_logs(keys):
                return False
        taken = self._fitting(found[:most])
        if taken:
            self._connection.execute(delete(table).where(table.c[resource.key].in_([row[0] for row in taken])))
        live = [dict(zip(names, row, strict=False)) for row in taken if row.alive]
        self._note(resource, live, logs)
        return len(taken) == len(found)

    def _heads(self, builds: Sequence[str]) -> set[str]:
        return set(self._connection.execute(select(HEADS.c.build_id).where(HEADS.c.build_id.in_(builds))).scalars())

    def _note(self, resource: Resource, taken: Sequence[rows.Row], logs: set[str]) -> None:
        for row in taken:
            if row[resource.key] in logs:
                above = (row[resource.key], *rows.ancestors_of(resource, row))
                self.changes.append(Change(BUILD_LOGS, row[resource.key], Operation.DELETE, above))
            self.changes.append(rows.changed(resource, Operation.DELETE, row))

    def _take_parts(
        self, table: Table, columns: tuple[ColumnElement[Any], ...], builds: Sequence[str], *more: ColumnElement[bool]
    ) -> bool:
        """Take rows that builds have by the thousand; `columns` are the second one of the key, and the size."""
        build_id, second = table.c.build_id, columns[0]
        mine = select(build_id, *columns).where(build_id.in_(builds), *more)
        found = self._connection.execute(mine.order_by(build_id, second).limit(self._rows + 1)).all()
        taken = self._fitting(found)
        if taken:
            last: Any = taken[-1]
            whole = {row[0] for row in taken} - {last[0]}
            self._connection.execute(delete(table).where(build_id.in_(whole), *more))
            self._connection.execute(delete(table).where(build_id == last[0], second <= last[1]))
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
    if deletion.table_name == BUILD_LOGS:
        deleted = select(HEADS.c.deleted_seq).where(HEADS.c.build_id == deletion.key)
        up_to = connection.execute(deleted).scalar()
        return up_to is None or step.take_lines(deletion.key, up_to)
    top = next(one for one in RESOURCES if one.table.name == deletion.table_name)
    return step.take_tree(top, deletion.key, deletion.number)
