"""The command line as Typer has it: for help, completion, and what is wrong with a line."""

from collections.abc import Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import Annotated, Any, get_args

import typer

from millstream.cli.shared.declared import Command, Group, Place, load, parameters_of

# What follows the first word that is no option belongs to the program that is run: `millstream run make -j4`.
CONTEXT_SETTINGS: dict[str, dict[str, Any]] = {"run": {"allow_interspersed_args": False}}

HELP = """Record builds and watch them live: what ran on which machine, each line of its output, how it ended, and the
crashes that it caused.

\b
  millstream run -- make -j4    records a build
  millstream tail latest        follows it
  millstream builds             lists them all

You need not set up a service: without one, these commands open the database themselves.
"""


def make_typer(places: Mapping[str, Place], names: Iterable[str]) -> typer.Typer:
    """Return the application with those of the commands at `places` that have these names."""
    app = typer.Typer(name="millstream", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    _add_root(app)
    for name in names:
        _add(app, name, load(places[name]))
    return app


def _add(app: typer.Typer, name: str, one: Command | Group) -> None:
    if isinstance(one, Group):
        app.add_typer(_group(one), name=name)
    else:
        app.command(name, context_settings=CONTEXT_SETTINGS.get(name))(_declared_again(one))


def _group(group: Group) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help=group.help)
    app.callback()(lambda: None)  # or a group with one command would be that command
    for name in group:
        if (one := group.find(name)) is not None:
            _add(app, name, one)
    return app


def _declared_again(command: Command) -> Command:
    """Return the command with Typer's own declarations in place of ours."""
    before = signature(command)
    annotations = {one.parameter.name: get_args(one.parameter.annotation)[0] for one in parameters_of(command)}
    for one in parameters_of(command):
        make = typer.Option if one.setting.is_option else typer.Argument
        declared = make(*one.setting.names, **one.setting.settings)
        annotations[one.parameter.name] = Annotated[annotations[one.parameter.name], declared]
    parameters = [one.replace(annotation=annotations[one.name]) for one in before.parameters.values()]

    @wraps(command)
    def call(**values: Any) -> object:
        return command(**values)

    call.__dict__["__signature__"] = before.replace(parameters=parameters)
    call.__annotations__ = {**annotations, "return": None}
    return call


def _add_root(app: typer.Typer) -> None:
    def version_callback(asked_for: bool) -> None:
        if asked_for:
            from millstream.cli.version import print_version

            print_version()
            raise typer.Exit

    @app.callback(help=HELP)
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=version_callback, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        pass
