"""The terminal that our user sits at: which process group may read it, and the modes it is in.

The command has a process group of its own, and a terminal serves only one group at a time: the one in front. It is
handed to the command at once where input and output are the terminal. Else it is handed over when the command asks,
by reading (the system stops it with SIGTTIN then): in `millstream run make | less` it is `less` that needs it.
"""

import contextlib
import os
import signal
import termios
from collections.abc import Iterator
from typing import Any

Modes = list[Any]
"""What `termios.tcgetattr` returns."""


class Terminal:
    """Our controlling terminal, if we have one; without one nothing here has an effect."""

    def __init__(self) -> None:
        self._descriptor = _open_terminal()
        self._modes = modes_of(self._descriptor)

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def front(self) -> int | None:
        """Return the process group in front, None without a terminal."""
        if self._descriptor is None:
            return None
        try:
            return os.tcgetpgrp(self._descriptor)
        except OSError:
            return None

    def is_ours(self) -> bool:
        """Whether our own process group is in front."""
        return self.front() == os.getpgrp()

    def give_to(self, group: int) -> bool:
        """Bring this process group to the front if ours is there; says whether it was done."""
        return self.is_ours() and self._bring_to_front(group)

    def take_back_from(self, group: int) -> bool:
        """Bring our own process group to the front if this one is there; says whether it was done."""
        return self.front() == group and self._bring_to_front(os.getpgrp())

    def set_modes(self, modes: Modes) -> None:
        """Give it these modes."""
        if self._descriptor is not None:
            with contextlib.suppress(termios.error), _in_background():
                termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)

    def restore(self) -> None:
        """Bring back the modes it had at first: whoever changed them was killed before it could."""
        if self._modes is not None and self.is_ours():
            self.set_modes(self._modes)

    def _bring_to_front(self, group: int) -> bool:
        if self._descriptor is None:
            return False
        try:
            with _in_background():
                os.tcsetpgrp(self._descriptor, group)
        except OSError:
            return False
        return True


@contextlib.contextmanager
def _in_background() -> Iterator[None]:
    # Whoever touches the terminal from behind is stopped with SIGTTOU, unless it is blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _open_terminal() -> int | None:
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def modes_of(descriptor: int | None) -> Modes | None:
    """Return the modes of a terminal, None where it has none."""
    if descriptor is None:
        return None
    try:
        return termios.tcgetattr(descriptor)
    except termios.error:
        return None
