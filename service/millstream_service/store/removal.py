"""Deletes a row and all below it: at once where that is little, else by saying that it is dead.

Either way one commit of bounded size makes all of it go, for every reader and watcher. What is dead is then taken away
by `purge`, in steps.
"""

from sqlalchemy import Connection, select, update

from millstream_service.store import deletions, logs, places, rows
from millstream_service.store.changes import Change, Operation
from millstream_service.store.purge import Step
from millstream_service.store.resources import BUILD_LOGS, BUILDS, GENERATION, HEADS, Resource


def remove(connection: Connection, resource: Resource, key: str) -> tuple[bool, list[Change]]:
    """Delete a row and all below it; return whether some of it is left to be taken away. Raises NotFoundError.

    Every row is among the changes; of a table with more rows than a step takes, one change stands for all.
    """
    row = rows.get(connection, resource, key)
    number = deletions.next_number(connection)
    places.forget(connection)
    log = _log_of(connection, row) if resource is BUILDS else []
    step = Step(connection)
    if step.take_tree(resource, key, number):
        return False, step.changes[::-1]
    changes = [rows.changed(resource, Operation.DELETE, row)]
    for lower, column in rows.resources_below(resource):
        tables = [lower.table.name, BUILD_LOGS] if lower is BUILDS else [lower.table.name]
        if _any_left(connection, lower, column, key):
            changes += [_all_below(table, resource, row) for table in tables]
        else:
            changes += [change for change in step.changes[::-1] if change.table in tables]
    deletions.record(connection, resource.table.name, key)
    return True, [*changes, *log]


def _any_left(connection: Connection, lower: Resource, column: str, key: str) -> bool:
    some = select(lower.table.c[GENERATION]).where(lower.table.c[column] == key, deletions.live(lower)).limit(1)
    return connection.execute(some).first() is not None


def _all_below(table: str, resource: Resource, row: rows.Row) -> Change:
    return Change(table, "", Operation.DELETE, (row[resource.key], *rows.ancestors_of(resource, row)))


def _log_of(connection: Connection, build: rows.Row) -> list[Change]:
    """Return the change of a build's log that goes with it, if it has one."""
    log = connection.execute(select(HEADS.c.build_id).where(HEADS.c.build_id == build["id"])).first()
    above = (build["id"], *rows.ancestors_of(BUILDS, build))
    return [Change(BUILD_LOGS, build["id"], Operation.DELETE, above)] if log else []


def delete_lines(connection: Connection, build_id: str) -> tuple[bool, list[Change]]:
    """Delete all lines of a build; its numbers go on from where they were. Raises NotFoundError.

    Returns whether chunks are left to be taken away (see `purge`): nobody sees them any more.
    """
    state = logs.state_of(connection, build_id)
    if state["last_seq"] <= logs.gone(connection, build_id).last_seq:
        return False, []
    emptied = update(HEADS).where(HEADS.c.build_id == build_id).values(deleted_seq=HEADS.c.last_seq, expired_at=None)
    connection.execute(emptied)
    left = not Step(connection).take_lines(build_id, state["last_seq"])
    if left:
        deletions.record(connection, BUILD_LOGS, build_id)
    return left, logs.change_of_log(state, Operation.DELETE)


def clear_way(connection: Connection, resource: Resource, key: str) -> tuple[bool, list[Change]]:
    """Take a step where a dead row is in the way of a new one of its key; return whether there is more to take.

    A build's log has no generation: it has to be gone before another one begins. All else can be told apart.
    """
    if resource is not BUILDS or not rows.is_dead(connection, resource, key):
        return False, []
    return not Step(connection).take_logs([key]), []
