"""The shared parts know no domain: they work with what domains declare, and name no table and no resource of them."""

import ast
from collections.abc import Iterator

import pytest
from sqlalchemy import Table

from millstream_service.store import registry
from millstream_service.store.schema.resources import OnDelete, Resource
from tests.architecture.modules import Module, modules
from tests.architecture.test_imports import SERVICE, of_service

DOMAINS = {"builds", "agents"}
LISTS = {"store.registry", "store.checks", "convert.contents", "server"}
"""Where the domains are listed: a new one needs a line there, a new entity of one does not."""
LOGS = {"store.logs", "convert.logs", "handlers.logs"}
"""A log is a build's, as yet."""
NAMING = {
    "security.vault": "it seals settings, and says which is damaged",
}
"""What has the name of a table in a text, and why."""


def _is_shared(module: Module) -> bool:
    name = module.name.removeprefix(f"{SERVICE}.")
    return name not in LISTS and name.rpartition(".")[0] not in LOGS and DOMAINS.isdisjoint(name.split("."))


SHARED = [module for module in modules("service") if _is_shared(module)]


def _declared() -> set[str]:
    """Return the names that the domains give to their tables, models and resources."""
    files = [module for module in modules("service") if module.name.endswith(".tables") and "store" in module.name]
    nodes = [node for module in files for node in module.tree.body]
    names = {
        name.id for node in nodes if isinstance(node, ast.Assign) for name in node.targets if isinstance(name, ast.Name)
    }
    models = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return {name for name in names | models if not name.startswith("_")} - {"RESOURCES"}


def _texts(module: Module) -> Iterator[str]:
    """Yield the texts of a module, but for its docstrings."""
    said = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def _names(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_shared_parts_import_nothing_of_a_domain() -> None:
    broken = [
        f"{module.name} imports {one.module}"
        for module in SHARED
        for one in of_service(module)
        if not DOMAINS.isdisjoint(f"{one.module}.{one.name}".split("."))
    ]
    assert broken == []


def test_shared_parts_name_no_resource_of_a_domain() -> None:
    declared = _declared()
    assert {"BUILDS", "INSTANCES", "Build", "CHUNKS"} <= declared
    broken = [f"{module.name}: {name}" for module in SHARED for name in _names(module) if name in declared]
    assert broken == []


def test_shared_parts_name_no_table_of_a_domain() -> None:
    tables = {*registry.names(), *(table.name for table in _tables_of_domains())}
    assert {"builds", "build_logs", "build_log_chunks", "instances"} <= tables
    broken = {
        (module.name.removeprefix(f"{SERVICE}."), text)
        for module in SHARED
        for text in _texts(module)
        if text in tables
    }
    assert {module for module, _ in broken} == NAMING.keys()


def _tables_of_domains() -> Iterator[Table]:
    for resource in registry.resources():
        yield from (resource.table, *_kept_with(resource))


def _kept_with(resource: Resource) -> Iterator[Table]:
    """Yield the tables of what goes with a row."""
    yield from resource.parts
    if resource.writers is not None:
        yield resource.writers
    if log := resource.log:
        yield from (log.heads, log.chunks)


def _references(resource: Resource) -> Iterator[tuple[str, Table]]:
    """Yield the columns that refer to the rows of a resource, with their tables."""
    for table in registry.tables():
        for key in table.foreign_keys:
            if key.column.table is resource.table:
                yield key.parent.name, table


@pytest.mark.parametrize("resource", registry.resources(), ids=lambda resource: resource.noun)
def test_what_refers_to_a_row_says_what_its_deletion_does(resource: Resource) -> None:
    """A foreign key that nobody declares would change rows that no watcher learns of."""
    below = {(one.table, column) for one, column in registry.below(resource) if one.parent is resource}
    beside = {(one.table, column) for one, column, _ in registry.beside(resource)}
    parts = set(_kept_with(resource))
    for column, table in _references(resource):
        assert (table, column) in below | beside or table in parts, f"{table.name}.{column} is not declared"
    for table, name in below:
        assert [key.ondelete for key in table.c[name].foreign_keys] == [OnDelete.REMOVE.value]


def test_only_rows_at_the_top_are_referred_to_from_beside() -> None:
    """What goes with a row above it is taken in steps, in which nobody looks for what refers to it."""
    for resource in registry.resources():
        assert not registry.beside(resource) or not resource.above


def test_parents_come_before_their_children_and_names_are_given_once() -> None:
    resources = registry.resources()
    for index, resource in enumerate(resources):
        assert set(resource.above) <= set(resources[:index])
    assert len(set(registry.names())) == len(registry.names())
    assert registry.depths() == {name: registry.depths()[name] for name in registry.names()}
