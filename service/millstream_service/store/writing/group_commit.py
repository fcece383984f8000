"""Commits groups of commands, each in one transaction, and finds out what became of one that was cut off.

The cycle of a group: wait for the other services' writers, run the commands, take the next revision, write the change
log, commit. Where the connection is lost before the commit, or another transaction was in the way, nothing is stored
and the group is run again; where it is lost during the commit, the change log says whether it is stored. Either goes on
for some seconds at the most, then the group fails; while the database is known to be away, groups fail at once. Where
the disk is full the group fails, too, but for those of its commands that make room: they are run again, with the
`reserve`.

All of it belongs to the writer's thread.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import DiskFullError, MillstreamServiceError, OutcomeUnknownError, QueryFailedError
from millstream_service.store.database.database import Database
from millstream_service.store.engines.prepared import execute
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Commit
from millstream_service.store.writing import places
from millstream_service.store.writing.commands import Group, Task

_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 5.0
"""How long a group waits for a database that went away under it."""
OUTCOME_SECONDS = 15.0
"""How long it waits to learn what became of its commit."""
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.5


class GroupCommit:
    """The writer's connection. It is made with the first group: where that fails, it is the group that fails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine
        self._reserve = database.reserve
        self._connection: Connection | None = None
        self._away = False

    def write(self, group: Group) -> Commit | None:
        """Commit the group. Where that fails, every task of it carries the error; None is returned."""
        commit = self._try(group)
        frees = any(task.frees for task in group)
        full = [task for task in group if isinstance(task.error, DiskFullError)] if commit is None else []
        if full and frees and self._reserve.size:
            commit = self._write_with_the_reserve([task for task in full if task.frees])
        elif full:
            self._checkpoint(room=0)
        elif frees and self._reserve.is_short:
            self._checkpoint(self._reserve.room())
            self._reserve.restore()
        return commit

    def _write_with_the_reserve(self, group: Group) -> Commit | None:
        with self._reserve.lend():
            commit = self._try(group)
            self._checkpoint(self._reserve.room())
        return commit

    def _checkpoint(self, room: int) -> None:
        """Have SQLite's log take no room, if it can be: what the file gives back is the disk's only then, too."""
        try:
            self._engine.checkpoint(self._connect(), room)
        except (MillstreamServiceError, DBAPIError) as error:
            _log.debug("no checkpoint: %s", error)
        finally:
            self._forget_connection()  # it may have failed, or make no checkpoints by itself

    def _try(self, group: Group) -> Commit | None:
        try:
            commit = self._until_done(group)
        except Exception as error:
            if not isinstance(error, MillstreamServiceError | DBAPIError):
                self._forget_connection()  # whatever state it is in, the next group must not find it so
            for task in group:
                task.error = task.error or self._ours(error)
            return None
        self._away = False
        return commit

    def _until_done(self, group: Group) -> Commit:
        pauses = _Pauses(0 if self._away else PATIENCE_SECONDS)
        while True:
            try:
                return self._attempt(group)
            except _CutOffError as error:
                if self._is_stored(error.commit):
                    return error.commit
            except DBAPIError as error:
                self._note(error)
                if not self._may_work_again(error) or not pauses.pause():
                    raise

    def _attempt(self, group: Group) -> Commit:
        """Run the group once, or twice.

        Few commands fail; savepoints cost as much as many a command, and so does waiting for each statement's end. So
        the group runs without either first, and where one of it has failed once more with both.
        """
        connection = self._connect()
        try:
            return self._commit(connection, group, self._run_all)
        except (_CommandFailedError, DBAPIError) as error:
            if self._ends_the_transaction(error):
                raise
        return self._commit(connection, group, self._run_apart)

    def _commit(self, connection: Connection, group: Group, run: Callable[[Connection, Group], Commit]) -> Commit:
        """Run the group and commit. Raises _CutOffError where the connection is lost during the commit.

        It is stored if the file is in its place before and after: then it was at the commit.
        """
        self._database.file.check()
        with connection.begin() as transaction:
            commit = run(connection, group)
            try:
                transaction.commit()
            except DBAPIError as error:
                if self._engine.lost(error):
                    raise _CutOffError(commit) from error
                raise
        if self._database.file.look() is not None:
            raise OutcomeUnknownError
        self._database.file.note(self._database.store_id, commit.revision)
        return commit

    def _run_all(self, connection: Connection, group: Group) -> Commit:
        """Run all commands. Raises _CommandFailedError, and what the database says, of whichever of them."""
        with self._engine.pipeline(connection), places.remember(connection):
            self._engine.lock_writes(connection)
            for task in group:
                self._run(connection, task)
            return _record(connection, group)

    def _run(self, connection: Connection, task: Task[Any]) -> None:
        task.error = None
        try:
            task.result, task.changes = task.command(connection)
        except DBAPIError:
            raise
        except Exception as error:
            raise _CommandFailedError from error

    def _run_apart(self, connection: Connection, group: Group) -> Commit:
        """Run each command in a savepoint: where it fails its task carries the error, and the others go on."""
        self._engine.lock_writes(connection)
        for task in group:
            execute(connection, "SAVEPOINT command")
            task.changes, task.error = (), None
            try:
                task.result, task.changes = task.command(connection)
            except Exception as error:
                if self._ends_the_transaction(error):
                    raise
                task.error = self._ours(error)
                execute(connection, "ROLLBACK TO command")
            execute(connection, "RELEASE command")
        return _record(connection, group)

    def _is_stored(self, commit: Commit) -> bool:
        """Return whether a commit that was cut off has come about. Raises OutcomeUnknownError where nobody can say."""
        pauses = _Pauses(OUTCOME_SECONDS)
        self._forget_connection()
        while pauses.pause():
            try:
                connection = self._connect()
                with connection.begin():
                    return change_log.is_recorded(connection, commit)
            except DBAPIError as error:
                self._note(error)
                if not self._may_work_again(error):
                    raise OutcomeUnknownError from error
        raise OutcomeUnknownError

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.connect_writer()
            if self._reserve.is_lent:
                self._engine.hold_checkpoints(self._connection)
        return self._connection

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._database.drop(self._connection)
            self._connection = None

    def _note(self, error: DBAPIError) -> None:
        self._away = self._engine.lost(error)
        self._forget_connection()  # after a fault of the disk, too, only a new one is to be trusted

    def _may_work_again(self, error: DBAPIError) -> bool:
        return self._database.may_work_again(error)

    def _ends_the_transaction(self, error: Exception) -> bool:
        return isinstance(error, DBAPIError) and not isinstance(self._engine.translate(error), QueryFailedError)

    def _ours(self, error: Exception) -> MillstreamServiceError:
        if isinstance(error, MillstreamServiceError):
            return error
        if isinstance(error, DBAPIError):
            return self._engine.translate(error)
        _log.error("a write failed", exc_info=error)
        return QueryFailedError("the write failed")


def _record(connection: Connection, group: Group) -> Commit:
    return change_log.record(connection, [change for task in group for change in task.changes])


class _CommandFailedError(Exception):
    """A command has failed, and what the group has done so far is rolled back."""


class _CutOffError(Exception):
    """The connection was lost during a commit."""

    def __init__(self, commit: Commit) -> None:
        super().__init__()
        self.commit = commit


class _Pauses:
    """Pauses that grow, each of a random length, until the patience is at an end."""

    def __init__(self, patience: float) -> None:
        self._end = time.monotonic() + patience
        self._next = _FIRST_PAUSE_SECONDS

    def pause(self) -> bool:
        """Wait a little and return True; return False where the time is up."""
        if time.monotonic() >= self._end:
            return False
        time.sleep(self._next * random.uniform(0.5, 1))  # noqa: S311 - so that services do not come back in step
        self._next = min(2 * self._next, _LONGEST_PAUSE_SECONDS)
        return True
