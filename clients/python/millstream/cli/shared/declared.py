"""What a command takes, declared beside it: `limit: Annotated[int, Option(metavar="N", min=1)] = 20`.

The names and settings are Typer's. But Typer is loaded (with pydantic, it takes longer than many a command does) only
where it is needed: for help, for completion, and to say what is wrong with a line. `plain_line` reads those that are
right.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin

Command = Callable[..., object]
CommandT = TypeVar("CommandT", bound=Command)
Place = tuple[str, str]
"""The module of a command or a group, and its name there."""


@dataclass(frozen=True)
class Setting:
    """What `typer.Option` and `typer.Argument` take: names, if they are not the parameter's, and settings."""

    names: tuple[str, ...]
    settings: Mapping[str, Any]
    is_option: bool = True


def Option(*names: str, **settings: Any) -> Any:
    """Declare an option. Without names it has the parameter's, with dashes."""
    return Setting(names, settings)


def Argument(**settings: Any) -> Any:
    """Declare an argument: required where the parameter has no default."""
    return Setting((), settings, is_option=False)


class Group:
    """Commands under one name. `places` are those in modules of their own, each loaded when it is asked for."""

    def __init__(self, help: str, places: Mapping[str, Place] | None = None) -> None:  # noqa: A002 - as Typer calls it
        self.help = help
        self._places = dict(places or {})
        self._here: dict[str, Command] = {}

    def command(self, name: str) -> Callable[[CommandT], CommandT]:
        """Make a function a command of this name."""

        def add(function: CommandT) -> CommandT:
            self._here[name] = function
            return function

        return add

    def __iter__(self) -> Iterator[str]:
        return iter((*self._places, *self._here))

    def find(self, name: str) -> "Command | Group | None":
        """Return what has this name, loaded; None where nothing has."""
        return load(self._places[name]) if name in self._places else self._here.get(name)


def load(place: Place) -> "Command | Group":
    """Return what a place names."""
    module, name = place
    found: Command | Group = getattr(import_module(module), name)
    return found


@dataclass(frozen=True)
class Taken:
    """What a command takes for one of its parameters: values of a `kind`, one or (`many`) any number of them."""

    parameter: Parameter
    setting: Setting
    kind: Any
    many: bool

    @property
    def names(self) -> tuple[str, ...]:
        """What an option is called on the command line."""
        return self.setting.names or (f"--{self.parameter.name.replace('_', '-')}",)

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.parameter.default is Parameter.empty


def parameters_of(command: Command) -> list[Taken]:
    """Return what a command takes, in its parameters' order."""
    return [_parameter_of(parameter) for parameter in signature(command).parameters.values()]


def _parameter_of(parameter: Parameter) -> Taken:
    held, setting = get_args(parameter.annotation)
    if get_origin(parameter.annotation) is not Annotated or not isinstance(setting, Setting):
        raise TypeError(f"{parameter.name} does not say what it takes")
    kinds = get_args(held) if NoneType in get_args(held) else (held,)
    kind = next(kind for kind in kinds if kind is not NoneType)
    many = get_origin(kind) is list
    return Taken(parameter, setting, get_args(kind)[0] if many else kind, many)
