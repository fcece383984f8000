"""The command: a process group of its own, and what becomes of it.

The group is led by an anchor, a `cat` that reads a pipe of ours that stays empty. It is there before the command, so
that the terminal can be handed to the group before the command looks; it keeps the group's number from being given to
others as long as we may send it signals; and it dies of the Ctrl-C that the terminal sends to the group and not to
us, which is how we learn of it whatever the command makes of it. It ends with us, however we end.
"""

import contextlib
import errno
import os
import shutil
import signal
from typing import Protocol, Self

# Python ignores these; the command shall find them as it would without us.
_RESET = (signal.SIGPIPE, signal.SIGXFSZ)
_FROM_KEYBOARD = frozenset({signal.SIGINT, signal.SIGQUIT})

NOT_FOUND = 127
NOT_EXECUTABLE = 126


class Anchor:
    """The leader of the command's process group. `group` is 0 where it could not be started: the command then leads."""

    def __init__(self) -> None:
        reader, self._pipe = os.pipe()
        try:
            self.group = os.posix_spawnp(
                "cat",
                ["cat"],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, reader, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                setpgroup=0,
                setsigdef=_RESET,
            )
        except OSError:
            self.group = 0
        finally:
            os.close(reader)

    @property
    def descriptors(self) -> set[int]:
        """What must stay open for it to live."""
        return {self._pipe}

    def release(self) -> bool:
        """End it; says whether Ctrl-C, or the key for SIGQUIT, on the terminal had ended it before."""
        os.close(self._pipe)
        if not self.group:
            return False
        with contextlib.suppress(OSError):
            os.kill(self.group, signal.SIGCONT)
        _, status = os.waitpid(self.group, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) in _FROM_KEYBOARD


class Running(Protocol):
    """A command that was started. `code` is its exit code, 128 + n where signal n killed it, None while it runs."""

    descriptor: int
    """What to poll for news of it; -1: SIGCHLD tells."""
    code: int | None
    killed_by: int | None

    @property
    def group(self) -> int:
        """Its process group."""

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""

    def check(self) -> signal.Signals | None:
        """Look what became of it: sets `code` once it has ended, returns the signal where one has stopped it."""

    def release(self) -> bool:
        """Let go of the group; says whether Ctrl-C, or the key for SIGQUIT, on the terminal had ended it before."""


class Command:
    """A command that is our child."""

    descriptor = -1

    def __init__(self, process: int, anchor: Anchor) -> None:
        self._process = process
        self._anchor = anchor
        self._group = anchor.group or process
        self.code: int | None = None
        self.killed_by: int | None = None

    @classmethod
    def start(cls, argv: list[str], ends: dict[int, int], anchor: Anchor) -> Self:
        """Start it in the anchor's process group, which it then owns. Raises OSError where it can't be started.

        `ends` tells what becomes of descriptors: which one it finds there; -1: none, closed. All that are not named it
        shares with us.
        """
        actions = [_action(number, end) for number, end in ends.items()]
        return cls(_spawn(argv, actions, anchor.group), anchor)

    @property
    def group(self) -> int:
        """Its process group."""
        return self._group

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, and to the one that the command has moved to: shells do."""
        for group in {self._group, self._present_group()}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)

    def check(self) -> signal.Signals | None:
        """Look what became of it: sets `code` once it has ended, returns the signal where one has stopped it."""
        if self.code is not None:
            return None
        process, status = os.waitpid(self._process, os.WNOHANG | os.WUNTRACED)
        if process == 0:
            return None
        if os.WIFSTOPPED(status):
            return signal.Signals(os.WSTOPSIG(status))
        self.killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        self.code = os.WEXITSTATUS(status) if self.killed_by is None else 128 + self.killed_by
        return None

    def release(self) -> bool:
        """Let go of the group; says whether Ctrl-C, or the key for SIGQUIT, on the terminal had ended it before."""
        return self._anchor.release()

    def _present_group(self) -> int:
        # The number of a process that has ended may be another's.
        return os.getpgid(self._process) if self.code is None else self._group


def exit_code_for(error: OSError) -> int:
    """Return what a shell exits with where it can't start a command."""
    return NOT_FOUND if error.errno in {errno.ENOENT, errno.ENOTDIR} else NOT_EXECUTABLE


_Action = tuple[int, int, int] | tuple[int, int]


def _action(number: int, end: int) -> _Action:
    return (os.POSIX_SPAWN_CLOSE, number) if end < 0 else (os.POSIX_SPAWN_DUP2, end, number)


def _spawn(argv: list[str], actions: list[_Action], group: int) -> int:
    try:
        return os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions, setpgroup=group, setsigdef=_RESET)
    except OSError as error:
        path = shutil.which(argv[0])
        if error.errno != errno.ENOEXEC or path is None:
            raise
    # A script without a first line that names its interpreter: every shell runs it itself.
    script = ["/bin/sh", path, *argv[1:]]
    return os.posix_spawn(script[0], script, os.environ, file_actions=actions, setpgroup=group, setsigdef=_RESET)
