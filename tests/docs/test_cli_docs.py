"""docs/cli.md tells of each command and each option, and of none that there is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from millstream.cli.app import assemble

DOC = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
SHARED = {"--help"}


def _commands(command: object, name: str) -> Iterator[tuple[str, object]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    for part, child in (below or {}).items():
        yield from _commands(child, f"{name} {part}")


ROOT = get_command(assemble())
COMMANDS = dict(_commands(ROOT, "millstream"))


def _options(command: object) -> set[str]:
    options: set[str] = set()
    for parameter in getattr(command, "params", []):
        if parameter.param_type_name == "option":
            options |= {*parameter.opts, *parameter.secondary_opts}
    return options - SHARED


def _section(name: str) -> str:
    match = re.search(rf"^## `{re.escape(name)}`\n(.*?)(?=^## |\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert match, f"docs/cli.md has no section for `{name}`"
    return match[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_of_a_command_stands_in_its_table(name: str) -> None:
    rows = "\n".join(line for line in _section(name).splitlines() if line.startswith("| `-"))
    documented = set(re.findall(r"`(--?[a-z-]+)[ `]", rows, re.IGNORECASE))
    assert documented == _options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_each_section_shows_an_example(name: str) -> None:
    assert re.search(rf"^```console\n\$ {name}\b", _section(name), re.MULTILINE)


def test_the_options_of_the_root_are_told() -> None:
    assert all(f"{option}`" in DOC for option in _options(ROOT))


def test_nothing_is_told_of_what_there_is_not() -> None:
    sections = set(re.findall(r"^## `(millstream [a-z -]+)`$", DOC, re.MULTILINE))
    assert sections == set(COMMANDS)
    options = set().union(*(_options(command) for command in COMMANDS.values()), _options(ROOT), SHARED)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOC)) <= options


def test_each_exit_code_is_told() -> None:
    from millstream.cli.shared import failure

    codes = {failure.FAILED, failure.BAD_USAGE, failure.INTERRUPTED, failure.BROKEN_PIPE}
    assert all(f"| {code} |" in DOC for code in codes)


def test_links_within_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", DOC, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\(#([\w-]+)\)", DOC)) <= anchors
