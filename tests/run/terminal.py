"""A terminal for tests: a pseudo terminal that a program runs in, and the person who sits at it."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from tests.deadline import patience
from tests.run.conftest import PATIENCE

# Makes the terminal on its stdin the controlling one, then becomes the program.
_LOGIN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


class Seat:
    """Runs a program in a terminal of so many rows and columns. `seen` is all that it has shown so far."""

    def __init__(self, argv: Sequence[str], *, size: tuple[int, int] = (24, 80), **options: Any) -> None:
        self._screen, terminal = pty.openpty()
        self.resize(*size)
        streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal} | options
        command = [sys.executable, "-S", "-c", _LOGIN, *argv]
        self.process = subprocess.Popen(command, start_new_session=True, **streams)
        self.seen = b""
        os.close(terminal)

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal another size."""
        termios.tcsetwinsize(self._screen, (rows, columns))

    def press(self, data: bytes) -> None:
        """Press these keys."""
        os.write(self._screen, data)

    def wait_for(self, text: bytes) -> bytes:
        """Wait until the terminal shows this; returns what came before, and forgets both."""
        deadline = time.monotonic() + patience(PATIENCE)
        while text not in self.seen:
            assert time.monotonic() < deadline, f"waited in vain for {text!r}, saw {self.seen!r}"
            assert self._look(deadline), f"it ended without {text!r}: {self.seen!r}"
        before, _, self.seen = self.seen.partition(text)
        return before

    def press_until(self, keys: bytes, text: bytes) -> None:
        """Press keys, and again where nothing comes of them, until the terminal shows this, and forget it.

        A shell that takes its terminal back from a job may lose what is typed meanwhile, with us or without.
        """
        deadline = time.monotonic() + patience(PATIENCE)
        while text not in self.seen:
            assert time.monotonic() < deadline, f"waited in vain for {text!r}, saw {self.seen!r}"
            self.press(keys)
            soon = min(deadline, time.monotonic() + 2.0)
            while text not in self.seen and time.monotonic() < soon:
                assert self._look(soon), f"it ended without {text!r}: {self.seen!r}"
        self.wait_for(text)

    def interrupt(self) -> None:
        """Press Ctrl-C, and again where nothing comes of it: Python misses one that comes just before it reads."""
        deadline = time.monotonic() + patience(PATIENCE)
        while self.process.poll() is None and time.monotonic() < deadline:
            self.press(b"\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2.0)

    def finish(self) -> int:
        """Wait until the program has ended; returns its exit code. `seen` is complete then."""
        deadline = time.monotonic() + patience(PATIENCE)
        while self._look(deadline):
            assert time.monotonic() < deadline, f"it did not end: {self.seen!r}"
        return self.process.wait(patience(PATIENCE))

    def modes(self) -> list[Any]:
        """The terminal's modes."""
        return termios.tcgetattr(self._screen)

    def _look(self, deadline: float) -> bool:
        if not select.select([self._screen], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return True
        try:
            data = os.read(self._screen, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._screen)
