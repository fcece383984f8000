"""The memory of a process over some time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.load.measures import Curve
from tests.load.processes import Process

_EVERY_SECONDS = 0.25
_MAX_POINTS = 2_000


class Memory:
    """The cycle: a thread of its own looks every quarter of a second until it is stopped; then `curve` is whole.

    Over a long time it looks less and less often: whenever there are 2,000 points, every other one is dropped.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._every = _EVERY_SECONDS
        self._stopping = Event()
        self._thread = Thread(target=self._look, name="memory", daemon=True)
        self._seconds: list[float] = []
        self._bytes: list[float] = []

    def start(self) -> None:
        """Begin to look."""
        self._begun = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join()

    @property
    def most(self) -> float:
        """The greatest number of bytes seen."""
        return max(self._bytes)

    def curve(self, name: str) -> Curve:
        """Return what was seen: bytes over seconds."""
        return Curve(name, list(self._seconds), list(self._bytes))

    def _look(self) -> None:
        while True:
            self._seconds.append(round(time.monotonic() - self._begun, 3))
            self._bytes.append(float(self._process.memory()))
            if len(self._seconds) >= _MAX_POINTS:
                del self._seconds[1::2], self._bytes[1::2]
                self._every *= 2
            if self._stopping.wait(self._every):
                return


@contextmanager
def watched(process: Process) -> Iterator[Memory]:
    """Look at the memory of a process as long as the block runs."""
    memory = Memory(process)
    memory.start()
    try:
        yield memory
    finally:
        memory.stop()
