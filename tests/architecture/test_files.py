"""How files and classes are named, and how long a file may be."""

import ast
import re

from tests.architecture.modules import ROOT, Module, all_modules

SAY_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common_utils", "misc"}
MAX_LINES = 400
_BUILT_IN = {"Exception", "BaseException"}


def test_a_module_is_named_for_what_it_holds() -> None:
    parts = {part for module in all_modules() for part in module.name.split(".")}
    assert parts.isdisjoint(SAY_NOTHING)


def test_a_long_file_says_why_at_its_top() -> None:
    silent = [module.name for module in all_modules() if _is_long(module.text) and not _says_why(module)]
    assert silent == []


def test_a_long_test_says_why_at_its_top() -> None:
    files = [path for path in (ROOT / "tests").rglob("*.py") if _is_long(path.read_text(encoding="utf-8"))]
    texts = {path.name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in files}
    assert [name for name, text in texts.items() if not _REASON.search(text)] == []


_REASON = re.compile(r"\b(long|one file|one place|together)\b")


def _is_long(text: str) -> bool:
    return text.count("\n") > MAX_LINES


def _says_why(module: Module) -> bool:
    return _REASON.search(ast.get_docstring(module.tree) or "") is not None


def test_an_error_is_named_error() -> None:
    misnamed = [
        f"{module.name}.{kind.name}"
        for module in all_modules()
        for kind in module.classes
        if any(_is_error(ast.unparse(above)) for above in kind.bases) and not kind.name.endswith("Error")
    ]
    assert misnamed == []


def _is_error(above: str) -> bool:
    name = above.rpartition(".")[2]
    return name in _BUILT_IN or name.endswith(("Error", "Exception"))


def test_a_module_says_what_it_is_for() -> None:
    silent = [module.name for module in all_modules() if module.text and not ast.get_docstring(module.tree)]
    assert silent == []
