"""A command in the session of another terminal: the monitor is its parent, and tells us of it."""

import contextlib
import json
import os
import select
import signal
from typing import Any

from millstream.run.passthrough.monitor import BACK, FRONT, RELEASE, SIGNAL, fork_monitor

_LOST = 128 + signal.SIGKILL


class RemoteCommand:
    """Like `Command`, by way of the monitor. `descriptor` is what to poll for news of it."""

    def __init__(self, argv: list[str], ends: dict[int, int], screen: int, *, in_front: bool) -> None:
        """Start it with the terminal `screen`. Raises OSError where it can't be started."""
        self._line = fork_monitor(argv, ends, screen, in_front=in_front)
        self.descriptor = self._line.fileno()
        self.group = 0
        self.code: int | None = None
        self.killed_by: int | None = None
        self._rest = b""
        self._messages: list[list[Any]] = []
        match self._wait_for("started", "failed"):
            case ["started", group]:
                self.group = group
            case ["failed", number]:
                self.close()
                raise OSError(number, os.strerror(number))

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        self._order(SIGNAL, number)

    def give_terminal(self) -> None:
        """Bring the command to the front of its terminal: before any signal that is sent later."""
        self._order(FRONT)

    def take_terminal(self) -> None:
        """Send it behind: when it reads it is stopped."""
        self._order(BACK)

    def check(self) -> signal.Signals | None:
        """Look what became of it: sets `code` once it has ended, returns the signal where one has stopped it."""
        self._receive(patience=0)
        while self._messages:
            match self._messages.pop(0):
                case ["stopped", number]:
                    return signal.Signals(number)
                case ["ended", code, killed_by]:
                    self.code, self.killed_by = code, killed_by
        return None

    def release(self) -> bool:
        """Let go of the group; says whether Ctrl-C, or the key for SIGQUIT, on the terminal had ended it before."""
        self._order(RELEASE)
        match self._wait_for("released"):
            case ["released", interrupted]:
                return bool(interrupted)
        return False

    def close(self) -> None:
        """Let go of the monitor: it ends, and the session with it, unless a relay holds the line."""
        self._line.close()

    def _order(self, operation: bytes, argument: int = 0) -> None:
        with contextlib.suppress(OSError):
            self._line.sendall(operation + bytes([argument]))

    def _wait_for(self, *kinds: str) -> list[Any]:
        """Wait for one of these messages, and take it; empty where the monitor has died."""
        while self.descriptor >= 0:
            for message in self._messages:
                if message[0] in kinds:
                    self._messages.remove(message)
                    return message
            self._receive(patience=None)
        return []

    def _receive(self, patience: float | None) -> None:
        if self.descriptor < 0 or not select.select([self._line], [], [], patience)[0]:
            return
        data = self._line.recv(4096)
        if not data:
            self.descriptor = -1
            if self.code is None:
                self._messages.append(["ended", _LOST, signal.SIGKILL])
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._messages += [json.loads(line) for line in lines]
