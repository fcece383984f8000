"""The few lines of our own, on stderr: never on stdout, which belongs to the command."""

import contextlib
import os
import time

from millstream.cli.shared.printable import visible

_STDERR = 2


class Console:
    """Writes to the user. `say` only on a terminal or when verbose; `warn` unless quiet."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._warns = not quiet
        self._says = not quiet and (verbose or _is_terminal())

    def say(self, text: str) -> None:
        """Say what is good to know."""
        if self._says:
            _write(text)

    def warn(self, text: str) -> None:
        """Say what the user should know even where nobody watches: in the log of an agent."""
        if self._warns:
            _write(text)


def describe_ending(code: int, *, stopped: bool, seconds: float) -> str:
    """Say how it ended: `failed (exit code 2) after 0:01:03`."""
    outcome = "cancelled" if stopped else "failed" if code else "completed"
    return f"{outcome}{f' (exit code {code})' if code else ''} after {_duration(seconds)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else time.strftime("%H:%M:%S", time.gmtime(seconds))


def _is_terminal() -> bool:
    return os.isatty(_STDERR)


def _write(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(_STDERR, f"millstream: {visible(text)}\n".encode(errors="replace"))
