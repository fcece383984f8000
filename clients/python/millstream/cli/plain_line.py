"""Reads a command line that is right, quickly.

Whatever is unusual in a line (an option that is not known, a value that is none, `--help`) makes it none of those:
Typer then reads it from the start, and answers or complains in its own words. So this never has to say what is wrong;
it must only never take a line otherwise than Typer would. `tests/cli/test_plain_line.py` compares the two.
"""

import os
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from millstream.cli.shared.declared import Command, Taken, parameters_of

_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_NOT_TEXT = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes that are no text."""
_UNDERSTOOD = frozenset({"metavar", "help", "min", "max", "callback", "show_default", "envvar", "show_envvar"})
"""The settings whose effect on a right line is known here: `callback`s only refuse."""


class _UnusualError(Exception):
    """The line is for Typer to read."""


def read(command: Command, words: Sequence[str], *, interspersed: bool = True) -> dict[str, Any] | None:
    """Return the command's arguments by name, or None for a line that is unusual.

    Not `interspersed`: options end with the first word that is none.
    """
    try:
        return _Line(parameters_of(command), interspersed=interspersed).read(words)
    except _UnusualError:
        return None


class _Line:
    """One line as it is read: what was given so far."""

    def __init__(self, takes: Sequence[Taken], *, interspersed: bool) -> None:
        self._takes = takes
        self._interspersed = interspersed
        self._options = {name: (one, on) for one in takes if one.setting.is_option for name, on in _names(one)}
        self._given: dict[str, list[Any]] = {}
        self._words: list[str] = []
        _demand(all(one.setting.settings.keys() <= _UNDERSTOOD for one in takes))
        _demand(os.environ.keys().isdisjoint(filter(None, (one.setting.settings.get("envvar") for one in takes))))

    def read(self, words: Sequence[str]) -> dict[str, Any]:
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                self._words += rest
                break
            if word.startswith("-") and word != "-":
                self._option(word, rest)
                continue
            self._words.append(word)
            if not self._interspersed:
                self._words += rest
                break
        self._arguments()
        return {one.parameter.name: self._value(one) for one in self._takes}

    def _option(self, word: str, rest: list[str]) -> None:
        name, equals, value = word.partition("=")
        if name not in self._options or (equals and not name.startswith("--")):
            raise _UnusualError
        option, on = self._options[name]
        if option.kind is bool:
            _demand(not equals)
            self._give(option, on)
        else:
            if not equals:
                _demand(bool(rest))
                value = rest.pop(0)
                _demand(not value.startswith("-"))
            self._give(option, _convert(option, value))

    def _arguments(self) -> None:
        words = self._words
        for one in (one for one in self._takes if not one.setting.is_option):
            count = len(words) if one.many else min(1, len(words))
            for word in words[:count]:
                self._give(one, _convert(one, word))
            words = words[count:]
        _demand(not words)

    def _give(self, one: Taken, value: Any) -> None:
        values = self._given.setdefault(one.parameter.name, [])
        _demand(one.many or not values)
        values.append(value)

    def _value(self, one: Taken) -> Any:
        values = self._given.get(one.parameter.name)
        if values is None:
            _demand(not one.is_required)
            return one.parameter.default
        return values if one.many else values[0]


def _names(one: Taken) -> Iterator[tuple[str, bool]]:
    """Yield the names of an option, and what each makes of a flag: one may have another that takes it back."""
    for name in one.names:
        on, _, off = name.partition("/")
        yield on, True
        if off:
            yield off, False


def _convert(one: Taken, word: str) -> Any:
    _demand(bool(word) and not _NOT_TEXT.search(word))
    if one.kind is str:
        return word
    if one.kind is Path:
        return Path(word)
    if one.kind is int or one.kind is float:
        _demand((_WHOLE if one.kind is int else _DECIMAL).fullmatch(word) is not None)
        number = one.kind(word)
        least, most = (one.setting.settings.get(bound, number) for bound in ("min", "max"))
        _demand(least <= number <= most)
        return number
    if issubclass(one.kind, Enum) and word in {member.value for member in one.kind}:
        return one.kind(word)
    raise _UnusualError


def _demand(usual: bool) -> None:
    if not usual:
        raise _UnusualError
