"""All commands of the command line, by what is typed to call them."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from millstream.cli.app import assemble


def every_command() -> dict[str, Any]:
    """Return each command that does something itself, by its words: `agents config set`."""
    return dict(_leaves(get_command(assemble()), ()))


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        yield " ".join(words), command
    for name, one in below.items():
        yield from _leaves(one, (*words, name))
