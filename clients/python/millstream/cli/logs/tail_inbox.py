"""What a tail has received and not yet shown.

The cycle: one thread reads lines (`put_line`), another the build's state (`put_build`); the main thread takes all that
came since it last looked (`take`) and shows it at once. So a log that comes quickly is drawn in large pieces, and one
that comes slowly is drawn line by line. A reader that is ahead by `capacity` lines waits.

`_changed` is the lock of, and the signal for, every other field.
"""

import threading
from collections.abc import Iterable
from typing import NamedTuple

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import Build

CAPACITY = 5_000


class Taken(NamedTuple):
    """What came since the last look; `ended` once no line will follow."""

    lines: list[BuildLog]
    build: Build | None
    ended: bool


class TailInbox:
    """Lines and the newest state of one build, on their way to the screen."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._lines: list[BuildLog] = []
        self._build: Build | None = None
        self._ended = False
        self._error: BaseException | None = None

    def feed_lines(self, lines: Iterable[BuildLog]) -> None:
        """Put all these lines, then end; an error among them is raised by `take`. Runs on a thread of its own."""
        try:
            for line in lines:
                self.put_line(line)
        except Exception as error:
            self.end(error)
        else:
            self.end()

    def feed_builds(self, builds: Iterable[Build | None]) -> None:
        """Put all these states; an error among them is raised by `take`. Runs on a thread of its own."""
        try:
            for build in builds:
                self.put_build(build)
        except Exception as error:
            self.end(error)

    def put_line(self, line: BuildLog) -> None:
        """Add a line; waits while the inbox is full."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) < self._capacity or self._ended)
            self._lines.append(line)
            self._changed.notify_all()

    def put_build(self, build: Build | None) -> None:
        """Replace the build's state; None, a build that was deleted, leaves it as it was."""
        with self._changed:
            self._build = build or self._build
            self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """No line will follow. The first reported error counts."""
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self, timeout: float | None = None) -> Taken:
        """Wait for something new, for so many seconds at most, and take it all. Raises the error that ended the tail.

        Lines that came before the error are handed out first.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._build or self._ended, timeout)
            if self._error is not None and not self._lines:
                raise self._error
            taken = Taken(self._lines, self._build, self._ended and self._error is None)
            self._lines, self._build = [], None
            self._changed.notify_all()
            return taken
