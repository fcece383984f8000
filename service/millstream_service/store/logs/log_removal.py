"""Deletes the lines of a log: at once where they are few, else by saying that they are dead (see `removal`)."""

from sqlalchemy import Connection, update

from millstream_service.store.builds.tables import BUILD_LOG, BUILD_LOGS, BUILDS, HEADS
from millstream_service.store.entities import deletions
from millstream_service.store.entities.purge import Step
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs import logs


def delete_lines(connection: Connection, build_id: str) -> tuple[bool, list[Change]]:
    """Delete all lines of a build; its numbers go on from where they were. Raises NotFoundError.

    Returns whether chunks are left to be taken away (see `purge`): nobody sees them any more.
    """
    state = logs.state_of(connection, build_id)
    if state["last_seq"] <= logs.deleted_range(connection, build_id).last_seq:
        return False, []
    emptied = update(HEADS).where(HEADS.c.build_id == build_id).values(deleted_seq=HEADS.c.last_seq, expired_at=None)
    connection.execute(emptied)
    left = not Step(connection).take_lines(BUILDS, BUILD_LOG, build_id, state["last_seq"])
    if left:
        deletions.record(connection, BUILD_LOGS, build_id)
    return left, logs.change_of_log(state, Operation.DELETE)
