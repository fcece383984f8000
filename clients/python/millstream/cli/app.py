"""The console script `millstream`: finds the command, runs it, and turns what it raised into an exit code.

Only the module of the command that was asked for is imported, so that one command does not wait for all the others.
"""

import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from millstream.cli.errors import BadUsageError
from millstream.cli.failure import exit_code_of, reader_is_gone

if TYPE_CHECKING:
    import typer

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("millstream.cli.run", "run_command"),
    "builds": ("millstream.cli.builds", "builds_command"),
    "tail": ("millstream.cli.tail", "tail_command"),
    "show": ("millstream.cli.show", "show_command"),
    "search": ("millstream.cli.search", "search_command"),
    "serve": ("millstream.cli.serve", "serve_command"),
    "mcp": ("millstream.cli.mcp", "mcp_command"),
    "agents": ("millstream.cli.agents", "agents_app"),
    "crash": ("millstream.cli.crash", "crash_app"),
    "db": ("millstream.cli.db", "db_app"),
}
"""Each command's module and the name in it of a function, or of a Typer with commands of its own, in help's order."""

# What follows the first word that is no option belongs to the program that is run: `millstream run make -j4`.
CONTEXT_SETTINGS: dict[str, dict[str, Any]] = {"run": {"allow_interspersed_args": False}}

# gRPC's core writes lines of its own to stderr, beside the error that we report.
QUIET_GRPC = ("GRPC_VERBOSITY", "NONE")

COMPLETION_VARIABLE = "_MILLSTREAM_COMPLETE"

HELP = """Record builds and watch them live: what ran on which machine, each line of its output, how it went, and the
crashes that came of it.

\b
  millstream run -- make -j4    records a build
  millstream tail latest        follows it
  millstream builds             lists them all

No service has to be set up: without one, these commands open the database themselves.
"""


def main() -> None:
    """Run the command of this process's arguments; never returns."""
    if sys.stdout is None and sys.argv[1:2] != ["run"]:  # our caller has closed it; `run` hands it on as it is
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it is open as long as we are
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that the locale lacks is no reason to fail
    sys.exit(run(sys.argv[1:]))


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
    import typer

    app = typer.Typer(name="millstream", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    _add_root(app)
    for name in names:
        module, attribute = COMMANDS[name]
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name, context_settings=CONTEXT_SETTINGS.get(name))(command)
    return app


def _add_root(app: "typer.Typer") -> None:
    import typer

    def version_callback(asked_for: bool) -> None:
        if asked_for:
            _print_version()
            raise typer.Exit

    @app.callback(help=HELP)
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=version_callback, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        pass


def _invoke(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--version"]:
        return _print_version()
    from typer.main import get_command

    if any("\0" in argument for argument in arguments):  # a shell can't give one, a program that calls `run` can
        raise BadUsageError("an argument has the character U+0000")
    asked_for = arguments[0] if arguments else ""
    if asked_for != "run":  # whose command inherits the environment, and shall find it as it is
        os.environ.setdefault(*QUIET_GRPC)
    command = get_command(assemble([asked_for] if asked_for in COMMANDS else COMMANDS))
    if COMPLETION_VARIABLE in os.environ:
        command.main(list(arguments), prog_name="millstream")
    with command.make_context("millstream", list(arguments)) as context:
        result = command.invoke(context)
    return result if isinstance(result, int) else 0


def _print_version() -> int:
    from importlib.metadata import version

    sys.stdout.write(f"millstream {version('millstream')}\n")
    return 0
