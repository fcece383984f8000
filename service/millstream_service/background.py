"""Tasks and threads that run as long as the service does: each is supervised, and none ends in silence.

The cycle: `Supervisor.start` runs a task. Where it fails, the log says so, and it is begun afresh after a pause that
grows. One that fails again and again, a thread that has died, or a callback that has left its work half done, is the
end: `fail` notes why, `changed` wakes who says so (health), and `until` raises it to the runner of the service, which
then ends in an orderly way. What is only ill (a store that went away under us) is noted with `report`, and may be well
again. All fields belong to the event loop.

To add a task, take the service's supervisor in your class's constructor (its last argument), then:

    def start(self) -> None:
        self._task = self._supervisor.start(self._run, "name")

    async def close(self) -> None:
        await background.stop(self._task)

    async def _run(self) -> None:
        while True:
            ...take an item; let its fault be its own: try it, log what it fails with, go on with the next

`_run` is called again after a failure, so its first lines put right what a round that broke off has left. Returning is
no failure: the task is done. Then give it a row in tests/supervision/faults.py, which a test asks for.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from millstream_service.errors import ServiceFailedError

_log = logging.getLogger(__name__)
_PACKAGE = __name__.partition(".")[0]
Task = asyncio.Task[None]
Work = Callable[[], Coroutine[Any, Any, None]]

MAX_FAILURES = 5
"""A task may fail so often, with less than WELL_SECONDS in between; once more is the end."""
WELL_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.1
"""Before a task is begun afresh; each further time twice as long."""


class Supervisor:
    """Keeps the tasks of one service going, and knows when that can't be done."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._failed = asyncio.Event()
        self._problems: dict[str, str] = {}
        self.changed = asyncio.Event()
        """Set once `well` may have changed; then there is another."""
        self.failure: ServiceFailedError | None = None
        """Why the service can't go on."""

    @property
    def well(self) -> bool:
        """Whether nothing is known to be wrong."""
        return self.failure is None and not self._problems

    def start(self, work: Work, name: str) -> Task:
        """Run `work` in a task of this name, and again where it fails."""
        return asyncio.create_task(self._keep_going(work, name), name=f"millstream-{name}")

    async def _keep_going(self, work: Work, name: str) -> None:
        failures, pause = 0, FIRST_PAUSE_SECONDS
        while True:
            begun = self._loop.time()
            try:
                return await work()
            except (Exception, asyncio.CancelledError) as error:
                if _was_stopped(error):
                    raise
                if self._loop.time() - begun >= WELL_SECONDS:
                    failures, pause = 0, FIRST_PAUSE_SECONDS
                failures += 1
                if failures > MAX_FAILURES:
                    return self.fail(name, error)
                _log.error("%s has failed and starts again", name, exc_info=error)
            await asyncio.sleep(pause)
            pause *= 2

    @contextmanager
    def watching_callbacks(self) -> Iterator[None]:
        """Have a callback of ours that fails be the end, as long as the block runs: asyncio would only log it."""
        before = self._loop.get_exception_handler()
        self._loop.set_exception_handler(self._note)
        try:
            yield
        finally:
            self._loop.set_exception_handler(before)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if "handle" in context and error is not None and _is_ours(error):
            self.fail("a callback", error)
        else:
            loop.default_exception_handler(context)

    def fail(self, name: str, error: BaseException) -> None:
        """Note that a part of the service can't go on, and with it all of it. The first reason counts."""
        _log.critical("%s has failed, and the service ends", name, exc_info=error)
        self.failure = self.failure or ServiceFailedError(name, error)
        self._failed.set()
        self.wake()

    def report(self, name: str, problem: str | None) -> None:
        """Note what is wrong with a part that may be well again; None: nothing is."""
        if self._problems.get(name) == problem:
            return
        if problem is None:
            _log.warning("%s works again", name)
            del self._problems[name]
        else:
            _log.critical("%s: %s", name, problem)
            self._problems[name] = problem
        self.wake()

    def wake(self) -> None:
        """Have those who wait for `changed` look again."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def until(self, stop: asyncio.Event) -> None:
        """Wait for `stop`. Raises ServiceFailedError where the service can't go on."""
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._failed)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self.failure is not None:
            raise self.failure


def _is_ours(error: BaseException) -> bool:
    """Return whether an error comes out of our code."""
    names = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name.startswith(_PACKAGE) for name in names)


def _was_stopped(error: BaseException) -> bool:
    """Return whether a task ends because it was asked to: a cancellation from elsewhere is a failure like any other."""
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        return False
    if not isinstance(error, asyncio.CancelledError):
        _log.error("%s failed while it was stopping", task.get_name(), exc_info=error)
    return True


async def stop(*tasks: Task | None) -> None:
    """Cancel tasks and wait until they are over."""
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
