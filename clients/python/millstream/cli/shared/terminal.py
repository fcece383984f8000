"""The two ways out: stdout for what was asked for, stderr for what is said about it."""

import os
import sys
from typing import TYPE_CHECKING

from millstream.cli.shared.printable import visible_lines

if TYPE_CHECKING:
    from rich.console import Console

_CLAIMS = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"})
"""By these a stream may be a terminal to rich that is none. Else it is not asked: it takes long to load."""


def stdout_console(width: int | None = None) -> "Console":
    """Return a console on stdout, as wide as that is unless a width is given.

    It knows whether that is a terminal, and heeds NO_COLOR, FORCE_COLOR and TERM.
    """
    from millstream.cli.shared.printable_console import PrintableConsole

    return PrintableConsole(width)


def is_terminal() -> bool:
    """Whether stdout is a terminal that can move its cursor: where a person looks on."""
    if not (sys.stdout.isatty() or _CLAIMS & os.environ.keys()):
        return False
    console = stdout_console()
    return console.is_terminal and not console.is_dumb_terminal


def put_line(text: str) -> None:
    """Write one line to stdout, in UTF-8 whatever the locale is."""
    put_text(f"{text}\n")


def put_text(text: str) -> None:
    """Write whole lines to stdout likewise. Raises BrokenPipeError where nobody reads them."""
    put_raw(visible_lines(text))


def put_raw(text: str) -> None:
    """Write lines as they were stored, with all that is in them: for a pipe or a file, never for a terminal."""
    data = memoryview(text.encode(errors="surrogateescape"))
    while data:  # a reader that leaves during a large write makes it a short one, without an error
        data = data[sys.stdout.buffer.write(data) :]


def put_warning(text: str) -> None:
    """Say on stderr what has gone wrong."""
    sys.stderr.write(f"millstream: {visible_lines(text)}\n")
    sys.stderr.flush()


def put_note(text: str) -> None:
    """Say something about the answer on stderr, for people only: nothing where stderr is not a terminal."""
    if sys.stderr.isatty():
        print(visible_lines(text), file=sys.stderr)  # noqa: T201 - this is where the command line speaks
