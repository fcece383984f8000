"""The signals that this process gets, as bytes that a poll loop can wait for."""

import os
import signal
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals by which a user, a shell or an agent stops a command."""

PASSED_ON = (*ENDING, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP, signal.SIGCONT)
"""Signals that the command gets in our stead."""

_WATCHED = (*PASSED_ON, signal.SIGCHLD, signal.SIGWINCH)


class SignalInbox:
    """While it is open, signals interrupt nothing and are read from `descriptor`, one byte each.

    One that was ignored when we started (`nohup`, `&` in a script) stays ignored, for us and for the command.
    """

    def __init__(self) -> None:
        self.descriptor, self._sender = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._sender, False)
        self._before = {number: signal.getsignal(number) for number in _WATCHED}
        self._wakeup_before = -1

    @property
    def descriptors(self) -> set[int]:
        """What must stay open for signals to arrive."""
        return {self.descriptor, self._sender}

    def __enter__(self) -> Self:
        self._wakeup_before = signal.set_wakeup_fd(self._sender, warn_on_full_buffer=False)
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN or number == signal.SIGCHLD:
                signal.signal(number, _note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self.descriptor)
        os.close(self._sender)

    def read(self) -> list[signal.Signals]:
        """Take the signals that came since the last time."""
        try:
            numbers = os.read(self.descriptor, 4096)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in numbers]


def _note(number: int, frame: FrameType | None) -> None:
    """Do nothing: the signal's number has gone to the descriptor."""
