"""Which foreign libraries a part may import, and what of other parts beside what `rooms` says."""

import dataclasses
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.modules import Import, Module, modules
from tests.deadline import patience

SERVICE = "millstream_service"
PLAIN_TYPES = {
    "store.logs.logs": {"Chunk", "APPENDED_CHUNK_BYTES", "COLUMNS"},
    "store.agents.tables": {"NEVER"},
    "store.history.changes": {"Commit"},
    "reactive.observatory": {"Delivery", "MessagePosition"},
}
"""What `convert` may know of the store and of the observations: frozen data, a size and a sign."""

FORBIDDEN = {
    "errors": {"grpc", "google", "millstream", "sqlalchemy"},
    "names": {"grpc", "google", "millstream", "sqlalchemy"},
    "security": {"grpc", "google", "millstream", "sqlalchemy"},
    "background": {"grpc", "google", "millstream", "sqlalchemy"},
    "store": {"grpc", "grpc_health", "grpc_reflection", "google", "millstream"},
    "reactive": {"grpc", "grpc_health", "grpc_reflection", "google", "millstream", "sqlite3", "pysqlite3", "alembic"},
    "convert": {"grpc", "sqlalchemy", "sqlite3", "pysqlite3", "alembic"},
    "handlers": {"sqlalchemy", "sqlite3", "pysqlite3", "alembic", "grpc"},
    "rpc": {"sqlalchemy", "sqlite3", "pysqlite3", "alembic", "millstream"},
}
"""Packages that a part must not import, however."""

PLAIN_INSTALL = {"grpc", "google", "platformdirs", "rich", "typer", "millstream"}
CLIENT_EXCEPTIONS = {
    "millstream.testing": {"pytest"},
    "millstream.mcp": {"mcp", "pydantic", "anyio"},
    "millstream.github": {"httpx"},
}
"""A plugin of pytest's is loaded by pytest; the MCP server by its own command alone, once it is asked for; what bounds
GitHub's answers by what asks it."""


def layer(module: str) -> str:
    """Return the part of the service that a module belongs to."""
    return module.removeprefix(SERVICE).removeprefix(".").partition(".")[0]


def part_of_client(module: Module) -> str:
    """Return the folder or file of the client's package that a module belongs to."""
    return ".".join(module.name.split(".")[:2])


def of_service(module: Module) -> Iterator[Import]:
    """Yield what a module imports of the service, `from millstream_service import x` as the module that it is."""
    for one in module.imports:
        if one.module == SERVICE:
            yield dataclasses.replace(one, module=f"{SERVICE}.{one.name}", name="")
        elif one.root == SERVICE:
            yield one


def test_converters_know_plain_types_of_other_layers_alone() -> None:
    broken = [
        f"{module.name} imports {one.module}.{one.name}"
        for module in modules("service")
        if layer(module.name) == "convert"
        for one in of_service(module)
        if layer(one.module) in {"store", "reactive"} and not _is_plain(one)
    ]
    assert broken == []


def _is_plain(one: Import) -> bool:
    return one.name in PLAIN_TYPES.get(one.module.removeprefix(f"{SERVICE}."), ())


def test_what_converters_know_of_other_layers_is_frozen_data() -> None:
    for module, names in PLAIN_TYPES.items():
        values = [getattr(importlib.import_module(f"{SERVICE}.{module}"), name) for name in names]
        for kind in filter(inspect.isclass, values):
            assert vars(kind)["__dataclass_params__"].frozen, f"{kind} can be changed"


@pytest.mark.parametrize("part", FORBIDDEN)
def test_a_foreign_library_stays_in_its_layers(part: str) -> None:
    broken = [
        f"{module.name} imports {one.module}"
        for module in modules("service")
        if layer(module.name) == part
        for one in module.imports
        if one.root in FORBIDDEN[part]
    ]
    assert broken == []


def test_a_migration_imports_nothing_of_ours() -> None:
    # it must do the same in years, whatever the models are by then
    roots = {one.root for module in modules("migrations") for one in module.imports}
    assert roots <= {"alembic", "sqlalchemy"} | sys.stdlib_module_names


def test_the_client_imports_the_service_in_functions_alone() -> None:
    early = [
        f"{module.name} imports {one.module}"
        for module in modules("client")
        for one in module.imports
        if one.root == SERVICE and not (one.late or one.typing_only)
    ]
    assert early == []


def test_the_client_starts_with_what_the_plain_install_brings() -> None:
    # the parts that serve import the rest in their functions, once it is asked for
    broken = [
        f"{module.name} imports {one.module}"
        for module in modules("client")
        for one in module.imports
        if one.root not in PLAIN_INSTALL | CLIENT_EXCEPTIONS.get(part_of_client(module), set())
        and one.root not in sys.stdlib_module_names
        and not (one.late or one.typing_only)
    ]
    assert broken == []


def test_the_mcp_server_is_imported_by_its_own_command_alone() -> None:
    early = [
        f"{module.name} imports {one.module}"
        for module in modules("client")
        for one in module.imports
        if f"{one.module}.".startswith("millstream.mcp.") and part_of_client(module) != "millstream.mcp"
        if not (module.name == "millstream.cli.mcp" and one.late)
    ]
    assert early == []


def test_what_needs_httpx_is_imported_once_github_is_asked() -> None:
    at_once = [
        (module.name, one.module)
        for module in modules("client")
        for one in module.imports
        if not (one.late or one.typing_only)
    ]
    needs = {name for name, imported in at_once if imported.partition(".")[0] == "httpx"}
    assert needs == {"millstream.github.bounded_answers"}
    assert [name for name, imported in at_once if imported in needs] == []


def test_the_command_line_alone_knows_how_terminals_are_drawn_on() -> None:
    drawing = {
        module.name for module in modules("client") for one in module.imports if one.root in {"typer", "rich", "click"}
    }
    assert {name for name in drawing if not name.startswith("millstream.cli")} == set()


def test_importing_the_client_loads_neither_the_command_line_nor_the_service() -> None:
    code = "import millstream, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=patience(30), check=True
    )
    assert {"typer", "rich", "sqlalchemy", SERVICE}.isdisjoint(done.stdout.split())
