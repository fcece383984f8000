"""A line that is read quickly means what it means to Typer; one that does not is left to Typer."""

import random
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from millstream.cli import plain_line, typer_app
from millstream.cli.app import COMMANDS
from millstream.cli.shared.declared import Command, Group, Taken, load, parameters_of

GOOD: dict[object, list[str]] = {
    str: ["x", "a b", "é", "1", "latest", "#7", "a=b", "a\nb\t\x1b"],
    int: ["1", "20", "007"],
    float: ["1", "2.5", "0"],
    Path: ["/tmp/key", "key"],
}
BAD = [
    "",
    "-1",
    "-",
    "--",
    "1.5",
    "nan",
    "inf",
    "1e3",
    "1_0",
    "\u0661",
    " 1",
    "99999999999999999999",
    "no",
    "--no",
    "-x",
]
LINES = 150


def commands() -> Iterator[tuple[str, Command]]:
    for name, place in COMMANDS.items():
        yield from _below(name, load(place))


def _below(name: str, one: Command | Group) -> Iterator[tuple[str, Command]]:
    if not isinstance(one, Group):
        yield name, one
        return
    for word in one:
        if (found := one.find(word)) is not None:
            yield from _below(f"{name} {word}", found)


ALL = dict(commands())


def good_values(one: Taken) -> list[str]:
    least = one.setting.settings.get("min", 0)
    if isinstance(one.kind, type) and issubclass(one.kind, Enum):
        return [str(member.value) for member in one.kind]
    return [text for text in GOOD[one.kind] if one.kind not in {int, float} or float(text) >= least]


def names(one: Taken) -> list[str]:
    return [name for both in one.names for name in both.split("/")]


def a_good_line(command: Command, chance: random.Random) -> list[str]:
    """Each argument and some options, as one types them."""
    options: list[list[str]] = []
    for one in (one for one in parameters_of(command) if one.setting.is_option and chance.random() < 0.5):
        name = chance.choice(names(one))
        value = [] if one.kind is bool else [chance.choice(good_values(one))]
        glued = value and name.startswith("--") and chance.random() < 0.3
        options.append([f"{name}={value[0]}"] if glued else [name, *value])
    arguments = [[chance.choice(good_values(one))] for one in parameters_of(command) if not one.setting.is_option]
    parts = [*options, *arguments]
    return [word for part in parts for word in part]


def any_line(command: Command, chance: random.Random) -> list[str]:
    """Words of a good line with others among them, some left out, in any order."""
    words = a_good_line(command, chance)
    extra = [name for one in parameters_of(command) if one.setting.is_option for name in names(one)]
    for _ in range(chance.randrange(3)):
        words.insert(chance.randrange(len(words) + 1), chance.choice([*BAD, *extra, "x", "1", "running"]))
    if chance.random() < 0.3:
        chance.shuffle(words)
    return words[: chance.randrange(1, len(words) + 1)] if words and chance.random() < 0.3 else words


def by_typer(name: str, command: Command) -> Callable[[Sequence[str]], dict[str, Any] | None]:
    """Return what gives the values that Typer calls a command with; None where it does not call it."""
    called: list[dict[str, Any]] = []

    def noted(**values: Any) -> None:
        called.append(values)

    noted.__dict__["__signature__"] = signature(command)
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    settings = typer_app.CONTEXT_SETTINGS.get(name)
    app.command(context_settings=settings)(typer_app._declared_again(noted))
    click = get_command(app)

    def read(words: Sequence[str]) -> dict[str, Any] | None:
        called.clear()
        try:
            with click.make_context("millstream", list(words)) as context:
                click.invoke(context)
        except Exception:
            return None
        return called[0] if called else None

    return read


@pytest.mark.parametrize("name", ALL)
def test_a_right_line_is_read_as_typer_reads_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLSTREAM_INSTANCE", raising=False)
    command, chance = ALL[name], random.Random(name)
    expected = by_typer(name, command)
    for _ in range(LINES):
        words = a_good_line(command, chance)
        read = plain_line.read(command, words, interspersed=name != "run")
        assert read is not None, words
        assert read == expected(words), words


@pytest.mark.parametrize("name", ALL)
def test_no_line_is_read_otherwise_than_typer_reads_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLSTREAM_INSTANCE", raising=False)
    command, chance = ALL[name], random.Random(f"any {name}")
    expected = by_typer(name, command)
    for _ in range(LINES):
        words = any_line(command, chance)
        read = plain_line.read(command, words, interspersed=name != "run")
        if read is not None:
            assert read == expected(words), words


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["--", "make", "-j4"], ["make", "-j4"]),
        (["make", "--quiet", "--", "x"], ["make", "--quiet", "--", "x"]),
        (["-q", "--label", "a=b", "--", "make", "--", "y"], ["make", "--", "y"]),
        (["--", "-x"], ["-x"]),
    ],
)
def test_what_is_run_is_taken_as_it_stands(words: list[str], command: list[str]) -> None:
    read = plain_line.read(ALL["run"], words, interspersed=False)
    assert read is not None
    assert read["command"] == command
    assert read == by_typer("run", ALL["run"])(words)


@pytest.mark.parametrize("words", [["--help"], ["--limit", "x"], ["--nonsense"], ["x"], ["--limit"], ["--json=1"]])
def test_a_line_that_needs_an_answer_is_left_to_typer(words: list[str]) -> None:
    assert plain_line.read(ALL["builds"], words) is None
