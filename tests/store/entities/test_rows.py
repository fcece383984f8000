"""Five functions for every resource: what they store, what they say they changed, and what they refuse."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, update

from millstream_service.errors import AlreadyExistsError, NotFoundError, ValidationFailedError
from millstream_service.store.builds.tables import BUILD_LOGS, BUILDS, CRASH_LOGS, PROJECTS, RESOURCES, SCHEMES
from millstream_service.store.entities import removal, rows
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.schema.resources import Resource
from tests.store.opening import writing
from tests.store.stored import MAKE, add, add_build, append, build_row, crash_log_row, project_row, scheme_row

CREATE, UPDATE, DELETE = Operation.CREATE, Operation.UPDATE, Operation.DELETE
CHANGED: dict[Resource, dict[str, Any]] = {
    PROJECTS: {"display_name": "App", "working_directory": "/src"},
    SCHEMES: {"platforms": [3], "name": "all"},
    BUILDS: {"progress": 0.75, "end_date": None, "start_date": 2, "export_options": [], "status": 3},
    CRASH_LOGS: {"fixed": True, "note": "known", "launch_time": None, "is_main_thread": False},
}
"""Values that alter no list."""


def accept(_row: rows.Row) -> None:
    pass


@pytest.fixture
def store(database_url: str) -> Iterator[Connection]:
    with writing(database_url) as connection:
        yield connection


@pytest.fixture
def family(store: Connection) -> Connection:
    """A store with one row of each resource."""
    add_build(store)
    add(store, CRASH_LOGS)
    return store


def key_of(resource: Resource) -> str:
    key: str = MAKE[resource]()[resource.key]
    return key


def above(resource: Resource) -> dict[str, str]:
    ids = {"build_id": "build", "scheme_id": "debug", "project_bundle_identifier": "app"}
    return {name: ids[name] for name in resource.ancestors}


every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.noun)


@every_resource
def test_what_is_created_is_found_with_the_ids_of_all_above(family: Connection, resource: Resource) -> None:
    key = key_of(resource)
    assert rows.get(family, resource, key) == MAKE[resource]() | above(resource)
    assert list(rows.listing(family, resource, [{}])) == [rows.get(family, resource, key)]


@every_resource
def test_what_is_not_there_is_not_found(store: Connection, resource: Resource) -> None:
    assert rows.find(store, resource, "nothing") is None
    with pytest.raises(NotFoundError) as caught:
        rows.get(store, resource, "nothing")
    assert caught.value.resource == (resource.noun, "nothing")


@every_resource
def test_an_id_is_taken_once(family: Connection, resource: Resource) -> None:
    with pytest.raises(AlreadyExistsError) as caught:
        add(family, resource)
    assert caught.value.resource == (resource.noun, key_of(resource))


@pytest.mark.parametrize("resource", [SCHEMES, BUILDS, CRASH_LOGS], ids=lambda resource: resource.noun)
def test_nothing_is_created_below_what_is_not_there(store: Connection, resource: Resource) -> None:
    with pytest.raises(NotFoundError) as caught:
        add(store, resource, "key", "nothing")
    assert resource.parent is not None
    assert caught.value.resource == (resource.parent.noun, "nothing")


@every_resource
def test_creating_says_what_was_made_and_where(store: Connection, resource: Resource) -> None:
    for upper in reversed(resource.above):
        add(store, upper)
    ids = tuple(above(resource).values())
    assert add(store, resource) == [Change(resource.table.name, key_of(resource), CREATE, ids)]


@every_resource
def test_changing_values_says_that_no_list_is_touched(family: Connection, resource: Resource) -> None:
    key, ids = key_of(resource), tuple(above(resource).values())
    row, changes = rows.change(family, resource, key, CHANGED[resource], accept)
    assert changes == [Change(resource.table.name, key, UPDATE, ids, relisted=False)]
    assert rows.get(family, resource, key) == row == MAKE[resource]() | above(resource) | CHANGED[resource]


@every_resource
def test_equal_values_change_nothing(family: Connection, resource: Resource) -> None:
    row, changes = rows.change(family, resource, key_of(resource), MAKE[resource](), accept)
    assert (row, changes) == (rows.get(family, resource, key_of(resource)), [])


@every_resource
def test_what_is_not_there_can_be_neither_changed_nor_removed(store: Connection, resource: Resource) -> None:
    with pytest.raises(NotFoundError):
        rows.change(store, resource, "nothing", {}, accept)
    with pytest.raises(NotFoundError):
        removal.remove(store, resource, "nothing")


def test_a_check_sees_the_row_as_it_will_be_and_can_refuse_it(family: Connection) -> None:
    seen: list[rows.Row] = []

    def refuse(row: rows.Row) -> None:
        seen.append(row)
        raise ValidationFailedError("build.progress", "no")

    with pytest.raises(ValidationFailedError):
        rows.change(family, BUILDS, "build", {"progress": 1.0}, refuse)
    assert seen == [build_row(progress=1.0) | above(BUILDS)]
    assert rows.get(family, BUILDS, "build")["progress"] == 0.5


@pytest.mark.parametrize(
    ("resource", "values"), [(SCHEMES, {"order": 5}), (BUILDS, {"version_string": "2"})], ids=["scheme", "build"]
)
def test_what_a_list_depends_on_touches_lists(family: Connection, resource: Resource, values: dict[str, Any]) -> None:
    _, [change] = rows.change(family, resource, key_of(resource), values, accept)
    assert change.relisted


def test_a_moved_scheme_takes_all_below_with_it(family: Connection) -> None:
    add(family, PROJECTS, "other")
    _, changes = rows.change(family, SCHEMES, "debug", {"project_bundle_identifier": "other"}, accept)
    assert changes == [
        Change("schemes", "debug", UPDATE, ("app", "other")),
        Change("builds", "build", UPDATE, ("debug", "app", "other")),
        Change("crash_logs", "crash", UPDATE, ("build", "debug", "app", "other")),
    ]
    moved = above(CRASH_LOGS) | {"project_bundle_identifier": "other"}
    assert rows.get(family, CRASH_LOGS, "crash") == crash_log_row() | moved
    assert list(rows.listing(family, BUILDS, [{"project_bundle_identifier": "app"}])) == []


def test_nothing_is_moved_below_what_is_not_there(family: Connection) -> None:
    with pytest.raises(NotFoundError) as caught:
        rows.change(family, BUILDS, "build", {"scheme_id": "nothing"}, accept)
    assert caught.value.resource == ("scheme", "nothing")


def test_removing_names_every_row_below(family: Connection) -> None:
    append(family, [b"line"])
    left, changes = removal.remove(family, PROJECTS, "app")
    assert not left
    assert sorted(changes, key=lambda change: change.table) == [
        Change(BUILD_LOGS, "build", DELETE, ("build", "debug", "app")),
        Change("builds", "build", DELETE, ("debug", "app")),
        Change("crash_logs", "crash", DELETE, ("build", "debug", "app")),
        Change("projects", "app", DELETE),
        Change("schemes", "debug", DELETE, ("app",)),
    ]
    assert not any(list(rows.listing(family, resource, [{}])) for resource in RESOURCES)
    counts = [family.exec_driver_sql(f"SELECT count(*) FROM build_log_{name}").scalar() for name in ("chunks", "heads")]
    assert counts == [0, 0]


def test_removing_a_build_names_its_log_if_it_has_one(family: Connection) -> None:
    add(family, BUILDS, "silent")
    append(family, [b"line"])
    (_, changes), (_, silent) = (removal.remove(family, BUILDS, key) for key in ("build", "silent"))
    assert [change.table for change in changes] == ["builds", BUILD_LOGS, "crash_logs"]
    assert [change.table for change in silent] == ["builds"]


def test_a_project_comes_with_its_schemes(store: Connection) -> None:
    children = [scheme_row("one"), scheme_row("two", order=1)]
    created, changes = rows.create_with_children(store, PROJECTS, project_row(), SCHEMES, children)
    assert created == [project_row(), *children]
    assert [(change.table, change.key) for change in changes] == [
        ("projects", "app"),
        ("schemes", "one"),
        ("schemes", "two"),
    ]


def test_a_list_is_merged_from_its_branches_in_order(family: Connection) -> None:
    add(family, SCHEMES, "release")
    times = {"a": 5, "b": 3, "c": 4, "d": 4, "e": 9}
    for key, time in times.items():
        add(family, BUILDS, key, "debug" if key in "ad" else "release", created_at=time)
    branches = [{"scheme_id": "debug"}, {"scheme_id": "release"}]
    newest_first = ["e", "a", "d", "c", "b", "build"]
    assert [row["id"] for row in rows.listing(family, BUILDS, branches)] == newest_first
    after = rows.order_values(BUILDS, rows.get(family, BUILDS, "d"))
    page = rows.listing(family, BUILDS, branches, after=after, limit=2, only=("id",))
    assert [row["id"] for row in page] == ["c", "b"]


def test_no_branch_is_an_empty_list(family: Connection) -> None:
    assert list(rows.listing(family, BUILDS, [])) == []


def _ids(connection: Connection, branches: list[rows.Branch], limit: int | None = None) -> list[str]:
    return [row["id"] for row in rows.listing(connection, BUILDS, branches, limit=limit)]


@pytest.mark.parametrize("limit", [None, 16, 17, 39])
@pytest.mark.parametrize("damaged", [(), (15,), (0, 16), (14, 15, 16, 17)])
def test_a_list_that_is_read_some_at_a_time_has_each_sound_row_once(
    family: Connection, limit: int | None, damaged: tuple[int, ...]
) -> None:
    keys = [f"b{number:02}" for number in range(40)]
    for number, key in enumerate(keys):
        add(family, BUILDS, key, created_at=100 - number)
    spoiled = [keys[number] for number in damaged]
    family.execute(update(BUILDS.table).where(BUILDS.table.c.id.in_(spoiled)).values(status=99))
    sound = [key for key in [*keys, "build"] if key not in spoiled]
    assert _ids(family, [{}], limit)[:limit] == sound[:limit]


def test_a_branch_may_have_several_values_of_a_column(family: Connection) -> None:
    for key, status in (("one", 1), ("two", 2), ("three", 3)):
        add(family, BUILDS, key, status=status)
    assert sorted(_ids(family, [{"status": (1, 3)}])) == ["one", "three"]
    assert _ids(family, [{"status": (1,)}]) == ["one"]
    assert _ids(family, [{"status": 3}]) == ["three"]
