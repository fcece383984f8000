"""Rooms are small, and import as the table says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.modules import ROOT, Import, Module, modules
from tests.architecture.rooms import TABLES, allowed, drawn, room_of

MAX_FILES = 20
PARTS = {"millstream_service": "service", "millstream": "client"}
GROWING = {"migrations/versions"}
"""A chain, which grows by a file with each change of the schema."""
_NO_FILES = ("__pycache__", ".so", "_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def _folders() -> Iterator[Path]:
    for top in ("clients", "demo", "deploy", "docs", "migrations", "protos", "scripts", "service", "tests"):
        for path in (ROOT / top, *(ROOT / top).rglob("*")):
            if path.is_dir() and "__pycache__" not in path.parts and ".egg-info" not in path.name:
                yield path


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.name.endswith(_NO_FILES)]


def test_no_folder_has_more_files_than_one_takes_in_at_a_glance() -> None:
    counts = {path.relative_to(ROOT).as_posix(): len(_files(path)) for path in _folders()}
    assert {name: count for name, count in counts.items() if count > MAX_FILES and name not in GROWING} == {}


def _room(package: str, module: Module) -> str:
    return room_of(package, module.name, is_package=module.path.name == "__init__.py")


def _imports(package: str, module: Module, names: dict[str, Module]) -> Iterator[tuple[Import, str]]:
    """Yield what a module imports of its package, each with its room."""
    for one in module.imports:
        target = names.get(f"{one.module}.{one.name}") or names.get(one.module)
        if target is not None:
            yield one, _room(package, target)


@pytest.mark.parametrize("package", TABLES)
def test_every_room_has_its_row_and_every_row_its_room(package: str) -> None:
    found = {_room(package, module) for module in modules(PARTS[package])}
    assert found - {package} == TABLES[package].keys() - {package}


@pytest.mark.parametrize("package", TABLES)
def test_a_room_imports_those_rooms_alone_that_its_row_names(package: str) -> None:
    names = {module.name: module for module in modules(PARTS[package])}
    broken = [
        f"{module.name} ({mine}) imports {one.module}.{one.name} ({other})"
        for module in names.values()
        if (mine := _room(package, module)) in TABLES[package]
        for one, other in _imports(package, module, names)
        if other not in allowed(TABLES[package], mine)
    ]
    assert broken == []


@pytest.mark.parametrize("package", TABLES)
def test_no_row_allows_what_nobody_needs(package: str) -> None:
    names = {module.name: module for module in modules(PARTS[package])}
    used = {
        (_room(package, module), other) for module in names.values() for _, other in _imports(package, module, names)
    }
    rows = TABLES[package].items()
    assert [f"{room} → {other}" for room, others in rows for other in others.split() if (room, other) not in used] == [
        f"{room} → *" for room, others in rows if others == "*"
    ]


@pytest.mark.parametrize("package", TABLES)
def test_a_row_names_rows_above_it_alone(package: str) -> None:
    rows = list(TABLES[package])
    wrong = {
        room: [other for other in others.split() if other != "*" and other not in rows[: rows.index(room)]]
        for room, others in TABLES[package].items()
    }
    assert {room: others for room, others in wrong.items() if others} == {}


@pytest.mark.parametrize("package", TABLES)
def test_the_table_is_the_picture_in_contributing(package: str) -> None:
    assert f"\n{drawn(package)}\n" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
