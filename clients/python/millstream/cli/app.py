"""The console script `millstream`: finds the command, runs it, and turns what it raised into an exit code.

Only the module of the command that was asked for is imported, so that one command does not wait for all the others;
and no library reads a line that is right (see `plain_line`).
"""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from millstream import short_life
from millstream.cli import plain_line
from millstream.cli.shared.declared import Group, Place, load
from millstream.cli.shared.errors import BadUsageError
from millstream.cli.shared.failure import exit_code_of, reader_is_gone

if TYPE_CHECKING:
    import typer

COMMANDS: dict[str, Place] = {
    "run": ("millstream.cli.run", "run_command"),
    "builds": ("millstream.cli.builds.builds", "builds_command"),
    "tail": ("millstream.cli.logs.tail", "tail_command"),
    "show": ("millstream.cli.builds.show", "show_command"),
    "search": ("millstream.cli.logs.search", "search_command"),
    "serve": ("millstream.cli.serve", "serve_command"),
    "mcp": ("millstream.cli.mcp", "mcp_command"),
    "agents": ("millstream.cli.agents.agents", "agents_app"),
    "crash": ("millstream.cli.crash", "crash_app"),
    "db": ("millstream.cli.db.db", "db_app"),
}
"""Each command's module and the name in it of a function, or of a group of commands, in help's order."""

# gRPC's core writes lines of its own to stderr, beside the error that we report.
QUIET_GRPC = ("GRPC_VERBOSITY", "NONE")

COMPLETION_VARIABLE = "_MILLSTREAM_COMPLETE"


def main() -> NoReturn:
    """Run the command of this process's arguments; never returns."""
    short_life.begin()
    if sys.stdout is None and sys.argv[1:2] != ["run"]:  # our caller has closed it; `run` hands it on as it is
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it is open as long as we are
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that the locale lacks is no reason to fail
    short_life.end(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = _invoke(arguments)
    except BaseException as error:
        code = exit_code_of(error)
    try:
        if sys.stdout is not None:  # it is where our caller has closed it
            sys.stdout.flush()
    except BrokenPipeError:
        return reader_is_gone()
    return code


def assemble(names: Iterable[str] = tuple(COMMANDS)) -> "typer.Typer":
    """Return the application with the commands of these names."""
    from millstream.cli.typer_app import make_typer

    return make_typer(COMMANDS, names)


def _invoke(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--version"]:
        from millstream.cli.version import print_version

        print_version()
        return 0
    if any("\0" in argument for argument in arguments):  # a shell can't give one, a program that calls `run` can
        raise BadUsageError("an argument has the character U+0000")
    if arguments[:1] != ["run"]:  # whose command inherits the environment, and shall find it as it is
        os.environ.setdefault(*QUIET_GRPC)
    call = None if COMPLETION_VARIABLE in os.environ else _plain_call(arguments)
    if call is None:
        return _invoke_by_typer(arguments)
    call()
    return 0


def _plain_call(arguments: Sequence[str]) -> Callable[[], object] | None:
    """Return what a line that is right asks for; None for any other."""
    if not arguments or arguments[0] not in COMMANDS:
        return None
    one, rest = load(COMMANDS[arguments[0]]), arguments[1:]
    while isinstance(one, Group):
        found = one.find(rest[0]) if rest else None
        if found is None:
            return None
        one, rest = found, rest[1:]
    command, values = one, plain_line.read(one, rest, interspersed=arguments[0] != "run")
    return None if values is None else lambda: command(**values)


def _invoke_by_typer(arguments: Sequence[str]) -> int:
    from typer.main import get_command

    asked_for = arguments[0] if arguments else ""
    command = get_command(assemble([asked_for] if asked_for in COMMANDS else COMMANDS))
    if COMPLETION_VARIABLE in os.environ:
        command.main(list(arguments), prog_name="millstream")
    with command.make_context("millstream", list(arguments)) as context:
        result = command.invoke(context)
    return result if isinstance(result, int) else 0
