"""Whatever is typed after an option: it is taken, or refused in a line with exit code 2, and never a fault of ours."""

import os
from pathlib import Path
from typing import Any

import pytest

from millstream.cli.shared.options import MAX_NUMBER
from tests.cli.conftest import Command
from tests.cli.every_command import every_command

NUMBERS = ("inf", "nan", "-1", "1e400", "9" * 30, "9" * 5_000, "")
TEXTS = ("", "\0", "a\nb\x1b[2J", os.fsdecode(b"\xff\xfe"), "\ud800", "x" * 5_000)
NEEDED: dict[str, list[str]] = {
    "run": ["--", "true"],
    "tail": ["latest", "--no-follow"],
    "show": ["latest"],
    "search": ["text"],
    "agents show": ["work-1-a1"],
    "agents config set": ["key", "value"],
    "agents config get": ["key"],
    "agents config delete": ["key"],
    "agents sync-issues": ["octocat/hello-world", "--api-url", "http://127.0.0.1:1"],
    "crash import": ["/dev/null"],
    "db copy": ["sqlite:////nowhere/a.db", "sqlite:////nowhere/b.db"],
}
"""What each command can't do without."""


def _options() -> list[tuple[str, str]]:
    return [
        (words, parameter.opts[0])
        for words, command in every_command().items()
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.is_flag and parameter.opts[0] != "--help"
    ]


def _arguments() -> list[tuple[str, int]]:
    own = {words: [one for one in needed if not one.startswith("-")] for words, needed in NEEDED.items()}
    counts = {words: sum(p.param_type_name == "argument" for p in every_command()[words].params) for words in NEEDED}
    return [(words, place) for words, count in counts.items() for place in range(count) if own[words]]


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What goes on until it is stopped is not begun, no key is asked for, and nothing of GitHub."""

    async def serve(*_: Any) -> None:
        return None

    monkeypatch.setattr("millstream_service.__main__.serve", lambda _: 0)
    monkeypatch.setattr("millstream.run.session.run", lambda *_: 0)
    monkeypatch.setattr("millstream.mcp.serving.serve", serve)
    monkeypatch.setattr("millstream.github.source.GitHubSource.pages", lambda *_: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def _assert_no_fault(command: Command, *arguments: str) -> int:
    ran = command(*arguments)
    assert ran.code in (0, 1, 2), arguments
    assert "fault of Millstream" not in ran.err, (arguments, ran.err)
    assert "Traceback" not in ran.err
    return ran.code


@pytest.mark.parametrize(("words", "option"), _options())
def test_any_value_of_an_option_is_taken_or_refused(command: Command, words: str, option: str) -> None:
    parameter = next(one for one in every_command()[words].params if one.opts[0] == option)
    is_number = parameter.type_descriptor.annotation in (int, float)
    for value in NUMBERS if is_number else TEXTS:
        code = _assert_no_fault(command, *words.split(), f"{option}={value}", *NEEDED.get(words, []))
        assert not is_number or code == 2, (words, option, value)


@pytest.mark.parametrize(("words", "place"), _arguments())
def test_any_argument_is_taken_or_refused(command: Command, words: str, place: int) -> None:
    for value in TEXTS:
        if words == "run":  # its own command is as it is
            continue
        needed = list(NEEDED[words])
        needed[place] = value
        _assert_no_fault(command, *words.split(), *needed)


@pytest.mark.parametrize("words", every_command())
def test_every_number_has_its_bounds(words: str) -> None:
    for parameter in every_command()[words].params:
        if parameter.type_descriptor.annotation in (int, float):
            info = parameter.type_descriptor.parameter_info
            assert (info.min is not None, info.max is not None) == (True, True), parameter.opts


def test_a_build_number_has_those_of_the_service(command: Command) -> None:
    for number, code in ((MAX_NUMBER, 0), (MAX_NUMBER + 1, 2)):
        assert command("run", "--build-number", str(number), "--", "true").code == code
