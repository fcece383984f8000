"""How modules are cut and named."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "service" / "millstream_service"
MODULES = sorted([*SERVICE.rglob("*.py"), *(ROOT / "migrations").rglob("*.py")])
MOST_LINES = 400
VAGUE = {"util", "utils", "helper", "helpers", "manager", "base", "common", "misc"}


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def length(file: Path) -> int:
    return len(file.read_text().splitlines())


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_is_short_and_says_what_it_is(file: Path) -> None:
    said = ast.get_docstring(ast.parse(file.read_text())) or ""
    assert said, "a module begins by saying what it is"
    assert length(file) <= MOST_LINES or "long" in said, "a long one says why it is"


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_is_a_noun_not_a_drawer(file: Path) -> None:
    assert not VAGUE & set(file.stem.split("_"))


def test_most_modules_are_read_at_a_glance() -> None:
    assert statistics.median(map(length, MODULES)) < 150


def test_most_functions_are_read_at_a_glance() -> None:
    lengths = [
        (node.end_lineno or 0) - node.lineno + 1
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "versions" not in file.parts
    ]
    assert statistics.median(lengths) <= 10


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_errors_are_called_errors(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            raised = any(base.endswith(("Error", "Exception")) for base in bases)
            assert raised == node.name.endswith("Error"), node.name


@pytest.mark.parametrize("file", sorted((SERVICE / "handlers").glob("*.py")), ids=name)
def test_handlers_leave_errors_to_the_interceptor(file: Path) -> None:
    """A handler has no try/except of our errors: but a generator may clean up, and a regular expression be no good."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.AsyncFunctionDef) and node.name[0].isupper():
            assert not any(isinstance(inner, ast.Try) for inner in ast.walk(node)), node.name


@pytest.mark.parametrize("file", sorted((SERVICE / "handlers").glob("*.py")), ids=name)
def test_an_rpc_is_a_few_lines(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0].isupper():
            assert (node.end_lineno or 0) - node.lineno < 22, f"{node.name} does the work that belongs elsewhere"
