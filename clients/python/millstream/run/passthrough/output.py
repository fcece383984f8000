"""One output stream of the command on its way to ours.

Where ours is a terminal the command gets a pseudo terminal of the same size and modes, so that it colours its output
and draws its progress bars (`keyboard` hands keys to it). Else it gets a pipe. Bytes go through untouched.
Nothing here ever blocks: while the reader of our output is slow, no more is read from the command, as if it wrote
there itself.
"""

import contextlib
import errno
import fcntl
import os
import select
import stat
import termios

from millstream.run.processes.terminal import OUTPUT, Modes, is_controlling, modes_of
from millstream.run.spool.journal import Kind

_CHUNK = 64 * 1024
_PIPE_SIZE = 256 * 1024
# A pipe that poll calls writable takes so many bytes at once without blocking.
_SAFE_STEP = select.PIPE_BUF


class Output:
    """A stream between the command and our descriptor `target`, and what was read of it but not written yet.

    `source` is what we read, `far_end` what the command writes to; -1 once closed.
    """

    def __init__(self, kind: Kind, target: int) -> None:
        self.kind = kind
        self.target = target
        self.is_terminal = os.isatty(target)
        self.is_controlling = self.is_terminal and is_controlling(target)
        self.source, self.far_end = _open_terminal_pair(target) if self.is_terminal else _open_pipe()
        self._pending = memoryview(b"")
        self._never_blocks = _never_blocks(target)
        self._poll = select.poll()
        self._poll.register(target, select.POLLOUT)
        self._size = _size(target) if self.is_terminal else None
        self._modes = modes_of(self.source) if self.is_terminal else None

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self.source >= 0

    @property
    def is_waiting(self) -> bool:
        """Whether something waits for our output to be writable."""
        return len(self._pending) > 0

    def is_readable(self) -> bool:
        """Whether there is something to read at this moment, or an end to be found."""
        return self.is_open and bool(select.select([self.source], [], [], 0)[0])

    def read(self) -> bytes:
        """Take what the command wrote, at most 64 KiB; empty (and closed) at the end. Only if it is readable."""
        try:
            data = os.read(self.source, _CHUNK)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EINTR}:
                return b""
            data = b""  # A pseudo terminal ends with EIO.
        if not data:
            self.close()
        self._pending = memoryview(data)
        return data

    def write(self) -> None:
        """Write what our output takes without blocking. Closes the stream where nobody reads it any more."""
        while self._pending and self._is_writable():
            step = self._pending if self._never_blocks else self._pending[:_SAFE_STEP]
            try:
                self._pending = self._pending[os.write(self.target, step) :]
            except BlockingIOError:
                return
            except OSError:
                self._pending = memoryview(b"")
                self.close()

    def close_far_end(self) -> None:
        """Let go of the command's end, so that the stream ends with the command."""
        if self.far_end >= 0:
            os.close(self.far_end)
            self.far_end = -1

    def close(self) -> None:
        """Let go of the source: the command learns, when it writes, that nobody reads."""
        self.close_far_end()
        if self.source >= 0:
            os.close(self.source)
            self.source = -1

    def resize(self) -> bool:
        """Give the pseudo terminal the size of ours; says whether it differed."""
        size = _size(self.target) if self.is_terminal and self.is_open else None
        if size is None or size == self._size:
            return False
        self._size = size
        with contextlib.suppress(termios.error):
            termios.tcsetwinsize(self.source, size)
        return True

    def copy_modes(self) -> None:
        """Set the modes that the command has set since the last look on a terminal that is not its controlling one."""
        modes = modes_of(self.source) if self._modes is not None and self.is_open else None
        if modes is not None and modes != self._modes and not self.is_controlling:
            self._modes = modes
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.target, termios.TCSANOW, _shaping(modes))

    def _is_writable(self) -> bool:
        return self._never_blocks or bool(self._poll.poll(0))


def _open_terminal_pair(target: int) -> tuple[int, int]:
    try:
        source, far_end = os.openpty()
    except OSError:
        return _open_pipe()
    with contextlib.suppress(termios.error):
        modes = termios.tcgetattr(target)
        # Ours does the post-processing: it must not be done twice.
        modes[OUTPUT] &= ~termios.OPOST
        termios.tcsetattr(far_end, termios.TCSANOW, modes)
        termios.tcsetwinsize(far_end, termios.tcgetwinsize(target))
    return source, far_end


def _shaping(modes: Modes) -> Modes:
    return [*modes[:OUTPUT], modes[OUTPUT] | termios.OPOST, *modes[OUTPUT + 1 :]]


def _open_pipe() -> tuple[int, int]:
    source, far_end = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(far_end, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    return source, far_end


def _never_blocks(target: int) -> bool:
    status = os.fstat(target)
    return stat.S_ISREG(status.st_mode) or (stat.S_ISCHR(status.st_mode) and not os.isatty(target))


def _size(target: int) -> tuple[int, int] | None:
    try:
        return termios.tcgetwinsize(target)
    except termios.error:
        return None
