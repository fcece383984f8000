"""The Python files of the project and what they import, read from their syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {"service": ROOT / "service", "client": ROOT / "clients" / "python", "migrations": ROOT / "migrations"}


@dataclass(frozen=True)
class Import:
    """One imported name: `from a.b import c` is the name `c` of `a.b`, `import a.b` is all of `a.b`.

    `late`: inside of a function. `typing_only`: below `if TYPE_CHECKING`.
    """

    module: str
    name: str = ""
    late: bool = False
    typing_only: bool = False

    @property
    def root(self) -> str:
        """The first part: the package."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """One file: its dotted name below its folder, its text and its tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def imports(self) -> tuple[Import, ...]:
        """Everything it imports, wherever in the file."""
        return tuple(_imports(self.tree, late=False, typing_only=False))

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        """All classes in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def _imports(node: ast.AST, *, late: bool, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, "", late, typing_only) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert not child.level, "relative imports hide what is imported"
            yield from (Import(child.module or "", alias.name, late, typing_only) for alias in child.names)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            checked = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from _imports(child, late=late or inside, typing_only=typing_only or checked)


@cache
def modules(part: str) -> tuple[Module, ...]:
    """Return the files of a part of the project but for generated ones. Raises AssertionError where there are none."""
    folder = FOLDERS[part]
    paths = sorted(path for path in folder.rglob("*.py") if "_pb2" not in path.name and not _hidden(path, folder))
    assert paths, f"{folder} has Python files"
    return tuple(_module(path, folder) for path in paths)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts[:-1])


def _module(path: Path, folder: Path) -> Module:
    parts = path.relative_to(folder).with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    return Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path, text, ast.parse(text))


def all_modules() -> list[Module]:
    """Return the files of all parts."""
    return [module for part in FOLDERS for module in modules(part)]
