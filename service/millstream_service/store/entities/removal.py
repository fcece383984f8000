"""Deletes a row and all below it: at once where that is little, else by saying that it is dead.

Either way one commit of bounded size makes all of it go, for every reader and watcher. What is dead is then taken away
by `purge`, in steps.
"""

from sqlalchemy import Connection, delete, or_, select, update

from millstream_service.store import registry
from millstream_service.store.entities import deletions, rows
from millstream_service.store.entities.purge import Step
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.schema.resources import GENERATION, OnDelete, Resource
from millstream_service.store.writing import places


def remove(connection: Connection, resource: Resource, key: str) -> tuple[bool, list[Change]]:
    """Delete a row and all below it; return whether some of it is left to be taken away.

    Every row is among the changes; of a table with more rows than a step takes, one change stands for all. Raises
    NotFoundError, and ListTooLargeError where more rows refer to it than one transaction should change.
    """
    row = rows.get(connection, resource, key)
    beside = _beside(connection, resource, key)
    number = deletions.next_number(connection)
    places.forget(connection)
    log = _log_of(connection, resource, row)
    step = Step(connection)
    if step.take_tree(resource, key, number):
        return False, [*beside, *step.changes[::-1]]
    changes = [rows.make_change(resource, Operation.DELETE, row)]
    for lower, column in registry.below(resource):
        if _any_left(connection, lower, column, key):
            changes += [_all_below(name, resource, row) for name in lower.names]
        else:
            changes += [change for change in step.changes[::-1] if change.table in lower.names]
    deletions.record(connection, resource.name, key)
    _part(connection, resource, key)
    return True, [*beside, *changes, *log]


def _beside(connection: Connection, resource: Resource, key: str) -> list[Change]:
    """Return the changes of the rows that refer to one that is deleted. Raises ListTooLargeError."""
    changes: list[Change] = []
    for other, column, effect in registry.beside(resource):
        operation = Operation.DELETE if effect is OnDelete.REMOVE else Operation.UPDATE
        referring = rows.below(connection, other, column, key, resource.key, len(changes))
        changes += [rows.make_change(other, operation, row) for row in referring]
    return changes


def _part(connection: Connection, resource: Resource, key: str) -> None:
    """Part a row that is dead from others, as the foreign keys do once it is gone."""
    for other, column, effect in registry.beside(resource):
        columns = other.table.c
        refers = columns[column] == key
        if effect is OnDelete.REMOVE:
            connection.execute(delete(other.table).where(refers))
        else:
            parted = or_(refers, columns[other.key] == key) if other is resource else refers
            connection.execute(update(other.table).where(parted).values({column: None}))


def _any_left(connection: Connection, lower: Resource, column: str, key: str) -> bool:
    some = select(lower.table.c[GENERATION]).where(lower.table.c[column] == key, deletions.live(lower)).limit(1)
    return connection.execute(some).first() is not None


def _all_below(name: str, resource: Resource, row: rows.Row) -> Change:
    return Change(name, "", Operation.DELETE, (row[resource.key], *rows.ancestors_of(resource, row)))


def _log_of(connection: Connection, resource: Resource, row: rows.Row) -> list[Change]:
    """Return the change of a row's log that goes with it, if it has one."""
    if resource.log is None:
        return []
    owner = resource.owner(resource.log.heads)
    there = connection.execute(select(owner).where(owner == row[resource.key])).first()
    return rows.make_log_changes(resource, Operation.DELETE, row) if there else []


def clear_way(connection: Connection, resource: Resource, key: str) -> tuple[bool, list[Change]]:
    """Take a step where a dead row is in the way of a new one of its key; return whether there is more to take.

    Its log, its parts, its writers' counts have no generation: they must be gone before others begin. The rest can be
    distinguished.
    """
    if not (resource.log or resource.parts or resource.writers is not None) or not rows.is_dead(
        connection, resource, key
    ):
        return False, []
    return not Step(connection).take_parts(resource, [key]), []
