"""The one road into the store: a thread that runs commands and commits them in groups.

The cycle: `submit` adds a command to those that wait. While no group is under way, `_consider` hands them to the thread
as a group: at once where as many wait as there were writers a moment ago, else a few milliseconds later. So writers
that write one after the other never wait for each other, and many at once share a commit (as with PostgreSQL's
`commit_delay`, but without a delay for a lone writer). The thread commits the group (`group_commit`; a command that
fails harms no other) and only then hands the results back to the event loop, which first publishes the commit and then
answers: an answered caller finds the commit published. Where publishing fails, the writes are answered all the same,
for they stand, and the service ends; and so it does where the thread dies, or the hand-over fails: all who wait are
then answered with an error.

Who guards what: `_queue` is thread-safe; `_groups` belongs to the thread, all else to the event loop.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from millstream_service.background import Supervisor
from millstream_service.errors import OutcomeUnknownError, StoreBusyError, StoreUnavailableError
from millstream_service.store.database.database import Database
from millstream_service.store.history.changes import Commit
from millstream_service.store.writing.commands import Command, Task
from millstream_service.store.writing.group_commit import GroupCommit

T = TypeVar("T")
MAX_COMMANDS_A_COMMIT = 512
MAX_BYTES_A_COMMIT = 8 << 20
GATHER_SECONDS = 0.004
"""How long a group waits for writers that were there a moment ago, and goes on waiting while some come,"""
MAX_GATHER_SECONDS = 0.016
"""but no longer than this."""
MAX_WAITING_COMMANDS = 20_000
MAX_WAITING_BYTES = 64 << 20


class Writer:
    """Runs commands, one after the other, and commits them in groups."""

    def __init__(self, database: Database, publish: Callable[[Commit], None], supervisor: Supervisor) -> None:
        self._groups = GroupCommit(database)
        self._publish = publish
        self._supervisor = supervisor
        self._queue: SimpleQueue[list[Task[Any]] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="millstream-writer", daemon=True)
        self._closed = False
        self._pending: deque[Task[Any]] = deque()
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

    def submit(self, command: Command[T], size: int = 0, *, frees: bool = False) -> "asyncio.Future[tuple[T, int]]":
        """Queue a command; its future gives its result and the revision that made it durable.

        `size` is about how many bytes wait with it; `frees`: it makes room (see `reserve`). Where nothing changed the
        revision is the newest one. The future's exception is what the command raised, or why the group could not be
        committed; then nothing of the command is stored. Raises StoreBusyError where too many commands are waiting,
        StoreUnavailableError once it is closed.
        """
        if self._closed:
            raise StoreUnavailableError("the service is ending: it writes nothing more")
        if self._waiting >= MAX_WAITING_COMMANDS:
            raise StoreBusyError("too many writes are waiting")
        future: asyncio.Future[tuple[T, int]] = self._loop.create_future()
        self._waiting += 1
        self._waiting_bytes += size
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self._room.clear()
        self._pending.append(Task(command, future, size, frees))
        self._consider()
        return future

    def _consider(self) -> None:
        """Hand a group over, now or soon, unless one is under way."""
        if self._under_way or not self._pending or self._closed:
            return
        if len(self._pending) >= min(self._expected, MAX_COMMANDS_A_COMMIT):
            self._hand_over()
        elif self._timer is None:
            self._wait(0, self._loop.time() + MAX_GATHER_SECONDS)

    def _wait(self, gathered: int, end: float) -> None:
        """Wait for more commands, as long as some come."""
        try:
            if len(self._pending) == gathered or self._loop.time() >= end:
                self._hand_over()
            else:
                self._timer = self._loop.call_later(GATHER_SECONDS, self._wait, len(self._pending), end)
        except Exception as error:
            self._give_up([], error)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending and not self._under_way and not self._closed:
            self._under_way = True
            self._queue.put(self._next_group())

    def _next_group(self) -> list[Task[Any]]:
        """Take the oldest of those that wait, as many as a commit may have."""
        group = [self._pending.popleft()]
        size = group[0].size
        while self._pending and len(group) < MAX_COMMANDS_A_COMMIT and size < MAX_BYTES_A_COMMIT:
            group.append(self._pending.popleft())
            size += group[-1].size
        return group

    async def room(self) -> None:
        """Wait until the bytes that are waiting leave room for more."""
        await self._room.wait()

    def _run(self) -> None:
        group: list[Task[Any]] | None = None
        try:
            while (group := self._queue.get()) is not None:
                commit = self._groups.write(group)
                self._loop.call_soon_threadsafe(self._answer, group, commit)
                group = commit = None  # which might lie here for long
        except BaseException as error:  # whatever ends this thread
            self._loop.call_soon_threadsafe(self._give_up, group, error)
        finally:
            self._closed = True

    def _give_up(self, group: list[Task[Any]] | None, error: BaseException) -> None:
        """End the writer, and with it the service. Nobody knows what became of the group; the others are not stored."""
        self._closed = True
        for task in group or []:
            _fail(task, OutcomeUnknownError())
        while not self._queue.empty():
            self._pending.extend(self._queue.get() or [])
        while self._pending:
            _fail(self._pending.popleft(), StoreUnavailableError("the service has failed"))
        self._queue.put(None)
        self._supervisor.fail("writer", error)

    def _answer(self, group: list[Task[Any]], commit: Commit | None) -> None:
        try:
            self._take_in(group)
            self._try_to_publish(commit)
            for task in group:
                _answer(task, commit)
            self._consider()
        except Exception as error:
            self._give_up(group, error)

    def _take_in(self, group: list[Task[Any]]) -> None:
        self._under_way = False
        self._expected = len(group) + len(self._pending)
        self._waiting -= len(group)
        self._waiting_bytes -= sum(task.size for task in group)
        if self._waiting_bytes <= MAX_WAITING_BYTES:
            self._room.set()

    def _try_to_publish(self, commit: Commit | None) -> None:
        try:
            if commit and commit.changes:
                self._publish(commit)
        except Exception as error:
            self._supervisor.fail("publishing", error)


def _answer(task: Task[Any], commit: Commit | None) -> None:
    if task.error is not None:
        _fail(task, task.error)
    elif commit is not None and not task.future.done():  # else its caller has gone; the write stands
        task.future.set_result((task.result, commit.revision))


def _fail(task: Task[Any], error: BaseException) -> None:
    if not task.future.done():
        task.future.set_exception(error)
        task.future.exception()  # where its caller has gone nobody asks for it, which is no fault of ours
