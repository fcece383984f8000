"""When Python collects garbage that refers to itself: between instructions alone, as it does since 3.12.

Python 3.11 does it wherever an object is made, and the finalizers of what it finds let other threads run. It makes the
`__dict__` of an object once somebody asks for it. Where another thread asks while the first one collects, each makes a
dict of the same values, both free these, and the process crashes. SQLAlchemy asks for the `__dict__` of a statement's
parts when it compiles it, and reading threads compile the same statements
(https://github.com/python/cpython/issues/97922).

The cycle: as long as a service runs, Python collects nothing by itself; a task looks every now and then whether as much
was made as Python would wait for (gc.set_threshold). All fields belong to the event loop.
"""

import asyncio
import gc
import sys
import threading

from millstream_service import background
from millstream_service.background import Supervisor

NEEDED = sys.version_info < (3, 12)
SECONDS = 0.1
"""Between two looks: what busy calls leave in this time is no more than Python waits for in a service (`__main__`)."""


class Collector:
    """Collects in the event loop's thread."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._task: background.Task | None = None
        self._old = 0
        """How many objects the last full collection left,"""
        self._aged = 0
        """and how many have grown old since then."""

    def start(self) -> None:
        """Take collecting over from Python, where that is needed."""
        if NEEDED:
            _python.stop()
            self._task = self._supervisor.start(self._run, "collector")

    async def close(self) -> None:
        """Hand it back."""
        if self._task is not None:
            await background.stop(self._task)
            _python.go_on()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(SECONDS)
            self._collect()

    def _collect(self) -> None:
        """Collect what Python would: the youngest objects, now and then older ones.

        All of them once there are a quarter more old ones.
        """
        made, limits = gc.get_count(), gc.get_threshold()
        if not limits[0] or made[0] <= limits[0]:
            return
        if made[1] <= limits[1]:
            gc.collect(0)
        elif made[2] <= limits[2] or self._aged < self._old // 4:
            young = len(gc.get_objects(0)) + len(gc.get_objects(1))
            self._aged += young - gc.collect(1)
        else:
            gc.collect()
            self._old, self._aged = len(gc.get_objects(2)), 0


class _Python:
    """Whether Python collects by itself, which is set for the process: so is the count of services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._services = 0
        self._usual = True

    def stop(self) -> None:
        """Note that a service collects."""
        with self._lock:
            if not self._services:
                self._usual = gc.isenabled()
                gc.disable()
            self._services += 1

    def go_on(self) -> None:
        """Note that it does no more."""
        with self._lock:
            self._services -= 1
            if not self._services and self._usual:
                gc.enable()


_python = _Python()
