"""A controlling terminal: which process group may read it, and the modes it is in."""

import contextlib
import copy
import fcntl
import os
import select
import signal
import termios
from collections.abc import Iterator
from typing import Any

Modes = list[Any]
"""What `termios.tcgetattr` returns."""

INPUT, OUTPUT, LOCAL, KEYS = 0, 1, 3, 6
"""Where in the modes the flags of input, output and editing are, and the control characters."""

_MAX_UNREAD = 65536

_TRANSLATED = (
    termios.BRKINT | termios.IGNBRK | termios.PARMRK | termios.INPCK | termios.ISTRIP
    | termios.INLCR | termios.IGNCR | termios.ICRNL
)  # fmt: skip


class Terminal:
    """Our controlling terminal, if we have one; without one nothing here has an effect."""

    def __init__(self) -> None:
        self._descriptor = _open_terminal()
        self._modes = modes_of(self._descriptor)

    @property
    def descriptor(self) -> int:
        """What its keys are read from; -1 where we have none."""
        return -1 if self._descriptor is None else self._descriptor

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
        return self.is_ours() and self.bring_to_front(group)

    def take_back_from(self, group: int) -> bool:
        """Bring our own process group to the front if this one is there; says whether it was done."""
        return self.front() == group and self.bring_to_front(os.getpgrp())

    def is_readable(self) -> bool:
        """Whether keys, or the end of them, are there at this moment."""
        return self._descriptor is not None and bool(select.select([self._descriptor], [], [], 0)[0])

    def read_keys(self, size: int) -> bytes:
        """Take what was typed; empty where there is nothing to be had, or we are not in front."""
        try:
            with _block(signal.SIGTTIN):
                return os.read(self.descriptor, size)
        except OSError:
            return b""

    def put_back(self, keys: bytes) -> None:
        """Put keys back that nobody has read: for the next reader. Many a system does not allow it."""
        for key in keys:
            try:
                fcntl.ioctl(self.descriptor, termios.TIOCSTI, bytes([key]))
            except OSError:
                return

    def modes(self) -> Modes | None:
        """Return its modes, None where they can't be had."""
        return modes_of(self._descriptor)

    def set_modes(self, modes: Modes) -> None:
        """Give it these modes."""
        if self._descriptor is not None:
            with contextlib.suppress(termios.error), _block(signal.SIGTTOU):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)

    def restore(self) -> None:
        """Bring back the modes it had at first: the program that changed them was killed before it could."""
        if self._modes is not None and self.is_ours():
            self.set_modes(self._modes)

    def bring_to_front(self, group: int) -> bool:
        """Bring this process group to the front, whichever is there; says whether it was done."""
        if self._descriptor is None:
            return False
        try:
            with _block(signal.SIGTTOU):
                os.tcsetpgrp(self._descriptor, group)
        except OSError:
            return False
        return True


@contextlib.contextmanager
def _block(number: signal.Signals) -> Iterator[None]:
    # A background process that reads the terminal gets SIGTTIN, one that changes it SIGTTOU, unless blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _open_terminal() -> int | None:
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def is_controlling(descriptor: int) -> bool:
    """Whether this is our controlling terminal."""
    try:
        return os.tcgetpgrp(descriptor) >= 0
    except OSError:
        return False


def modes_of(descriptor: int | None) -> Modes | None:
    """Return the modes of a terminal, None where it has none."""
    if descriptor is None:
        return None
    try:
        return termios.tcgetattr(descriptor)
    except termios.error:
        return None


def raw(modes: Modes, inner: Modes) -> Modes:
    """Return modes in which keys and output pass untouched, for a terminal inside of which there is another.

    Only Ctrl-S and Ctrl-Q stay with the outer one, as the inner one has them: they hold up all that is shown.
    """
    flow = termios.IXON | termios.IXOFF | termios.IXANY
    passing = copy.deepcopy(modes)
    passing[INPUT] = (modes[INPUT] & ~_TRANSLATED) & ~flow | inner[INPUT] & flow
    passing[OUTPUT] &= ~termios.OPOST
    passing[LOCAL] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    for key in (termios.VSTART, termios.VSTOP):
        passing[KEYS][key] = inner[KEYS][key]
    passing[KEYS][termios.VMIN], passing[KEYS][termios.VTIME] = 1, 0
    return passing


def unread_keys(path: str) -> bytes:
    """Take from a terminal what was typed and nobody has read, half a line, too. It may be left in other modes."""
    try:
        terminal = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        modes = termios.tcgetattr(terminal)
        modes[LOCAL] &= ~termios.ICANON
        modes[KEYS][termios.VMIN], modes[KEYS][termios.VTIME] = 0, 0
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
        return os.read(terminal, _MAX_UNREAD)
    except (OSError, termios.error):
        return b""
    finally:
        os.close(terminal)
