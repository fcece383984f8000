"""The two ways out: stdout for what was asked for, stderr for what is said about it."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 controls and DEL, as their visible signs. A tab may stay.
_VISIBLE = (
    {code: 0x2400 + code for code in range(0x20) if code != 0x09}
    | {0x7F: 0x2421}
    | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
)


def stdout_console(width: int | None = None) -> "Console":
    """Return a console on stdout, as wide as that is unless a width is given.

    It knows whether that is a terminal, and heeds NO_COLOR, FORCE_COLOR and TERM.
    """
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False, width=width)


def is_terminal() -> bool:
    """Whether stdout is a terminal that can move its cursor: where a person looks on."""
    console = stdout_console()
    return console.is_terminal and not console.is_dumb_terminal


def visible(text: str) -> str:
    """Return the text with its control characters made visible: what was logged never steers the reader's terminal."""
    return text if text.isprintable() else text.translate(_VISIBLE)


def put_line(text: str) -> None:
    """Write one line to stdout, in UTF-8 whatever the locale is."""
    put_text(f"{text}\n")


def put_text(text: str) -> None:
    """Write whole lines to stdout likewise. Raises BrokenPipeError where nobody reads them."""
    data = memoryview(text.encode(errors="surrogateescape"))
    while data:  # a reader that leaves in the midst of a large write makes it a short one, without an error
        data = data[sys.stdout.buffer.write(data) :]


def put_warning(text: str) -> None:
    """Say on stderr what has gone wrong, whoever reads it."""
    sys.stderr.write(f"millstream: {text}\n")
    sys.stderr.flush()


def put_note(text: str) -> None:
    """Say something about the answer on stderr, for people only: nothing where stderr is not a terminal."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr)  # noqa: T201 - this is where the command line speaks
