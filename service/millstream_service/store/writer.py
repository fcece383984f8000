"""The one road into the store: a thread that runs commands and commits them in groups.

The cycle: `submit` adds a command to those that wait. While no group is under way, `_consider` hands them to the thread
as a group: at once where as many wait as there were writers a moment ago, else a few milliseconds later. So writers
that write one after the other never wait for each other, and many at once share a commit (as with PostgreSQL's
`commit_delay`, but without a delay for a lone writer). The thread runs the commands (one that fails harms no other),
gives the group one revision, writes the change log, commits once, and only then hands the results back to the event
loop, which first publishes the commit and then answers: whoever was answered finds the commit published.

Who guards what: `_queue` is thread-safe; the connection belongs to the thread, all else to the event loop. The
connection is made with the first group: where that fails, it is the group that fails.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import MillstreamServiceError, QueryFailedError, StoreBusyError
from millstream_service.store import change_log, sqlite
from millstream_service.store.changes import Change, Commit
from millstream_service.store.database import Database

_log = logging.getLogger(__name__)
T = TypeVar("T")
Command = Callable[[Connection], tuple[T, Sequence[Change]]]
"""What a write does: it returns its result and what it changed, or raises one of our errors."""

MOST_COMMANDS_A_COMMIT = 512
MOST_BYTES_A_COMMIT = 8 << 20
GATHER_SECONDS = 0.004
"""So long a group waits, at the most, for writers that were there a moment ago."""
MOST_WAITING_COMMANDS = 20_000
MOST_WAITING_BYTES = 64 << 20


@dataclass(slots=True)
class _Task(Generic[T]):
    command: Command[T]
    future: "asyncio.Future[tuple[T, int]]"
    size: int
    result: T | None = None
    error: BaseException | None = None
    changes: Sequence[Change] = field(default=())


class Writer:
    """Runs commands, one after the other, and commits them in groups."""

    def __init__(self, database: Database, publish: Callable[[Commit], None]) -> None:
        self._database = database
        self._publish = publish
        self._queue: SimpleQueue[list[_Task[Any]] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="millstream-writer", daemon=True)
        self._connection: Connection | None = None
        self._closed = False
        self._pending: deque[_Task[Any]] = deque()
        self._under_way = True  # until `start` nothing is handed over
        self._expected = 1
        self._timer: asyncio.TimerHandle | None = None
        self._waiting = 0
        self._waiting_bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    def start(self) -> None:
        """Begin with the commands that wait."""
        self._thread.start()
        self._under_way = False
        self._hand_over()

    async def close(self) -> None:
        """Finish what was submitted and end the thread."""
        if not self._closed:
            self._closed = True
            while self._pending:
                self._queue.put(self._next_group())
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def submit(self, command: Command[T], size: int = 0) -> "asyncio.Future[tuple[T, int]]":
        """Queue a command; its future gives its result and the revision that made it durable.

        `size` is about how many bytes wait with it. Where nothing changed the revision is the newest one. The
        future's exception is what the command raised, or why the group could not be committed; then nothing of the
        command is stored. Raises StoreBusyError where too many commands are waiting.
        """
        if self._closed or self._waiting >= MOST_WAITING_COMMANDS:
            raise StoreBusyError("too many writes are waiting")
        future: asyncio.Future[tuple[T, int]] = self._loop.create_future()
        self._waiting += 1
        self._waiting_bytes += size
        if self._waiting_bytes > MOST_WAITING_BYTES:
            self._room.clear()
        self._pending.append(_Task(command, future, size))
        self._consider()
        return future

    def _consider(self) -> None:
        """Hand a group over, now or soon, unless one is under way."""
        if self._under_way or not self._pending or self._closed:
            return
        if len(self._pending) >= min(self._expected, MOST_COMMANDS_A_COMMIT):
            self._hand_over()
        elif self._timer is None:
            self._timer = self._loop.call_later(GATHER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending and not self._under_way and not self._closed:
            self._under_way = True
            self._queue.put(self._next_group())

    def _next_group(self) -> list[_Task[Any]]:
        """Take the oldest of those that wait, as many as a commit may have."""
        group = [self._pending.popleft()]
        size = group[0].size
        while self._pending and len(group) < MOST_COMMANDS_A_COMMIT and size < MOST_BYTES_A_COMMIT:
            group.append(self._pending.popleft())
            size += group[-1].size
        return group

    async def room(self) -> None:
        """Wait until the bytes that are waiting leave room for more."""
        await self._room.wait()

    def _run(self) -> None:
        try:
            while (group := self._queue.get()) is not None:
                commit = self._write(group)
                self._loop.call_soon_threadsafe(self._answer, group, commit)
        finally:
            self._closed = True

    def _write(self, group: list[_Task[Any]]) -> Commit | None:
        """Run the group in one transaction. Where that fails, every task of it carries the error; None is returned.

        Savepoints cost as much as many a command, and few commands fail: so the group runs without them first, and
        once more with them where one of it has failed.
        """
        try:
            if self._connection is None:
                self._connection = self._database.connect_writer()
            if len(group) > 1:
                with suppress(_CommandFailedError):
                    return _commit(self._connection, group, _run)
            return _commit(self._connection, group, _run_apart)
        except Exception as error:
            for task in group:
                task.error = task.error or _ours(error)
            if self._connection is not None:
                self._connection.invalidate()  # after a fault of the disk only a new connection is to be trusted
            return None

    def _answer(self, group: list[_Task[Any]], commit: Commit | None) -> None:
        self._under_way = False
        self._expected = len(group) + len(self._pending)
        self._waiting -= len(group)
        self._waiting_bytes -= sum(task.size for task in group)
        if self._waiting_bytes <= MOST_WAITING_BYTES:
            self._room.set()
        if commit and commit.changes:
            self._publish(commit)
        for task in group:
            if task.future.done():
                continue  # its caller has gone; the write stands
            if task.error is not None:
                task.future.set_exception(task.error)
            elif commit is not None:
                task.future.set_result((task.result, commit.revision))
        self._consider()


class _CommandFailedError(Exception):
    """A command has failed, and what the group has done so far is rolled back."""


def _commit(connection: Connection, group: list[_Task[Any]], run: Callable[[Connection, _Task[Any]], None]) -> Commit:
    """Run the group and commit."""
    with connection.begin():
        for task in group:
            run(connection, task)
        return change_log.record(connection, [change for task in group for change in task.changes])


def _run(connection: Connection, task: _Task[Any]) -> None:
    """Run one command. Raises _CommandFailedError, and what makes all of the transaction fail."""
    try:
        task.result, task.changes = task.command(connection)
    except Exception as error:
        if _ends_the_transaction(error):
            raise
        raise _CommandFailedError from error


def _run_apart(connection: Connection, task: _Task[Any]) -> None:
    """Run one command in a savepoint: where it fails its task carries the error, and the others go on."""
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - it is open
    driver.execute("SAVEPOINT command")
    task.changes = ()
    try:
        task.result, task.changes = task.command(connection)
    except Exception as error:
        if _ends_the_transaction(error):
            raise
        task.error = _ours(error)
        driver.execute("ROLLBACK TO command")
    driver.execute("RELEASE command")


def _ends_the_transaction(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and not isinstance(sqlite.translated(error), QueryFailedError)


def _ours(error: Exception) -> MillstreamServiceError:
    if isinstance(error, MillstreamServiceError):
        return error
    if isinstance(error, DBAPIError):
        return sqlite.translated(error)
    _log.error("a write failed", exc_info=error)
    return QueryFailedError("the write failed")
