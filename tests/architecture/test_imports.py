"""Who may import whom: read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "service" / "millstream_service"
MIGRATIONS = ROOT / "migrations"
OURS = "millstream_service"

MODULES = sorted(SERVICE.rglob("*.py"))
MIGRATION_FILES = sorted(MIGRATIONS.rglob("*.py"))

MAY_IMPORT = {
    "errors": set(),
    "names": {"errors"},
    "tokens": {"errors", "names"},
    "background": {"errors"},
    "config": {"errors"},
    "store": {"errors", "names", "tokens", "background"},
    "reactive": {"errors", "names", "tokens", "background", "store"},
    "convert": {"errors", "names", "tokens", "store", "reactive"},
    "handlers": {"errors", "names", "tokens", "background", "store", "reactive", "convert"},
    "rpc": {"errors", "background"},
    "server": None,
    "embedded": {"config", "server", "errors"},
    "__main__": {"config", "server", "errors"},
    "__init__": set(),
}
"""By the first part of a module's name: of which parts it may import modules, besides its own. None: of any."""

SQL = {"sqlalchemy", "alembic", "sqlite3"}
WIRE = {"grpc", "google", "millstream"}
NEVER = {
    "errors": SQL | WIRE,
    "names": SQL | WIRE,
    "tokens": SQL | WIRE,
    "store": WIRE,
    "reactive": WIRE,
    "convert": SQL | {"grpc"},
    "handlers": SQL | {"grpc"},
    "rpc": SQL,
}
"""What else a part never sees."""


def imports(file: Path) -> Iterator[str]:
    """Yield the full names of all modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(file: Path) -> str:
    return file.relative_to(SERVICE).with_suffix("").parts[0]


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_imports_what_lies_below_it(file: Path) -> None:
    allowed = MAY_IMPORT[part(file)]
    parts = {module.split(".")[1] for module in imports(file) if module.startswith(f"{OURS}.")}
    assert allowed is None or parts <= allowed | {part(file)}


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_never_sees_what_is_not_its_business(file: Path) -> None:
    tops = {module.split(".")[0] for module in imports(file)}
    assert not tops & NEVER.get(part(file), set())


def test_nothing_imports_the_server_but_those_who_run_it() -> None:
    users = {part(file) for file in MODULES if any(f"{OURS}.server" in module for module in imports(file))}
    assert users == {"__main__", "embedded"}


def test_nothing_below_the_server_reads_the_config() -> None:
    users = {part(file) for file in MODULES if any(f"{OURS}.config" in module for module in imports(file))}
    assert users <= {"__main__", "embedded", "server"}


@pytest.mark.parametrize("file", MIGRATION_FILES, ids=name)
def test_a_migration_imports_nothing_of_ours(file: Path) -> None:
    """What a migration did last year must not change with the models of this year."""
    assert not {module for module in imports(file) if module.split(".")[0] in {OURS, "millstream"}}


def test_the_plain_install_never_needs_the_server() -> None:
    """At import time: a command that starts a service may import it when it runs."""
    client = ROOT / "clients" / "python" / "millstream"
    banned = {OURS, "sqlalchemy", "alembic", "zstandard", "re2", "grpc_health", "grpc_reflection"}
    for file in client.rglob("*.py"):
        tree = ast.parse(file.read_text())
        tops = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        tops |= {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
        assert not {top.split(".")[0] for top in tops} & banned, file
