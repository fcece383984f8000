"""What is too much for one transaction is dead at once, for everybody, and taken away in steps that nobody notices."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from millstream_service.errors import AlreadyExistsError, ListTooLargeError, NotFoundError
from millstream_service.store.agents import instances, mcp_events
from millstream_service.store.agents.tables import INSTANCES, MCP_EVENTS
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import (
    BUILD_LOGS,
    BUILDS,
    CHUNKS,
    CRASH_LOGS,
    HEADS,
    PROJECTS,
    SCHEMES,
    WRITERS,
)
from millstream_service.store.entities import deletions, purge, removal, rows
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs import expiry, log_removal, logs, unmerged
from millstream_service.store.schema.resources import Resource
from millstream_service.store.upkeep.check import problems
from tests.databases import EACH_ENGINE
from tests.store.opening import writing
from tests.store.stored import MAKE, add, add_build, append, crash_log_row, lines_in, project_row, scheme_row

DELETE = Operation.DELETE
STEP = 3
NAMES = ("b1", "b2", "b3", "b4", "b5")


@pytest.fixture(params=EACH_ENGINE)
def database_kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Five builds of one scheme, each with a log and a crash report; a step takes three rows."""
    monkeypatch.setattr(purge, "MAX_ROWS", STEP)
    with writing(database_url) as connection:
        add_build(connection, *NAMES)
        for name in NAMES:
            append(connection, [b"line"], build_id=name)
            add(connection, CRASH_LOGS, f"crash of {name}", name)
        yield connection


def steps(store: Connection) -> Iterator[int]:
    """Take all steps, and yield after each how many rows are in the store."""
    while found := deletions.oldest(store):
        purge.go_on(store, found[0].table_name, found[0].key)
        yield _rows(store)


def _rows(store: Connection) -> int:
    tables = (PROJECTS.table, SCHEMES.table, BUILDS.table, CRASH_LOGS.table, CHUNKS, HEADS, WRITERS)
    return sum(store.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def test_all_below_a_deleted_project_is_gone_at_once(store: Connection) -> None:
    left, changes = removal.remove(store, PROJECTS, "app")
    assert left
    assert changes == [
        Change("projects", "app", DELETE),
        Change("schemes", "", DELETE, ("app",)),
        Change("builds", "", DELETE, ("app",)),
        Change(BUILD_LOGS, "", DELETE, ("app",)),
        Change("crash_logs", "", DELETE, ("app",)),
    ]
    for resource, key in ((PROJECTS, "app"), (SCHEMES, "debug"), (BUILDS, "b1"), (CRASH_LOGS, "crash of b1")):
        assert rows.find(store, resource, key) is None
        assert list(rows.listing(store, resource, [{}])) == []
    assert build_queries.version_strings(store, "app") == []
    assert lines_in(store, "b1") == []
    assert logs.extents(store, "b1") == []
    assert logs.deleted_range(store, "b1") == logs.DeletedRange()
    assert unmerged.builds_to_merge(store) == []
    assert expiry.due(store, expiry.Keep(of_all_bytes=0), ended=[2], now=1).build_ids == []
    for refused in (lambda: logs.head(store, "b1"), lambda: append(store, [b"more"], first=2, build_id="b1")):
        with pytest.raises(NotFoundError):
            refused()
    assert expiry.expire_some(store, "b1", ended=[2], now=1) == (False, [])
    assert problems(store) == [], "what waits to be taken away is no damage"


def test_steps_are_small_and_leave_nothing(store: Connection) -> None:
    before = _rows(store)
    removal.remove(store, PROJECTS, "app")
    assert before - _rows(store) <= STEP, "the deletion itself takes no more than a step"
    before = _rows(store)
    for left in steps(store):
        assert before - left <= 2 * STEP, "a build goes with its head"
        before = left
        assert problems(store) == []
    assert before == 0


def test_what_is_made_anew_at_the_same_ids_lives(store: Connection) -> None:
    removal.remove(store, PROJECTS, "app")
    for resource, row in ((PROJECTS, project_row()), (SCHEMES, scheme_row()), (CRASH_LOGS, crash_log_row("new", "b1"))):
        if resource is CRASH_LOGS:
            _add_build(store, "b1")
        made, changes = rows.create(store, resource, row, past_dead=True)
        assert rows.get(store, resource, row[resource.key]) == made
        assert [change.operation for change in changes] == [Operation.CREATE]
    append(store, [b"new"], build_id="b1")
    for _ in steps(store):
        assert [row["id"] for row in rows.listing(store, BUILDS, [{"project_bundle_identifier": "app"}])] == ["b1"]
        assert [row["incident_identifier"] for row in rows.listing(store, CRASH_LOGS, [{}])] == ["new"]
        assert lines_in(store, "b1") == [b"1=new"]
        assert problems(store) == []
    assert _rows(store) == len([PROJECTS, SCHEMES, BUILDS, CRASH_LOGS, CHUNKS, HEADS, WRITERS])


def _add_build(store: Connection, key: str) -> None:
    while removal.clear_way(store, BUILDS, key)[0]:
        pass
    rows.create(store, BUILDS, MAKE[BUILDS](key), past_dead=True)


def test_an_id_that_lives_is_taken_though_another_of_its_kind_was_deleted(store: Connection) -> None:
    removal.remove(store, BUILDS, "b1")
    with pytest.raises(AlreadyExistsError):
        rows.create(store, BUILDS, MAKE[BUILDS]("b2"), past_dead=True)


def test_what_was_moved_away_before_is_not_touched(store: Connection) -> None:
    add(store, PROJECTS, "other")
    add(store, SCHEMES, "release", "other")
    rows.change(store, BUILDS, "b3", {"scheme_id": "release"}, lambda _: None)
    removal.remove(store, PROJECTS, "app")
    assert list(steps(store))
    assert [row["id"] for row in rows.listing(store, BUILDS, [{}])] == ["b3"]
    assert lines_in(store, "b3") == [b"1=line"]


def test_what_is_moved_to_a_project_that_was_made_anew_lives(store: Connection) -> None:
    add(store, PROJECTS, "other")
    add(store, SCHEMES, "release", "other")
    add(store, BUILDS, "moved", "release")
    removal.remove(store, PROJECTS, "app")
    rows.create(store, PROJECTS, project_row(), past_dead=True)
    rows.change(store, SCHEMES, "release", {"project_bundle_identifier": "app"}, lambda _: None)
    assert list(steps(store))
    assert rows.get(store, BUILDS, "moved")["project_bundle_identifier"] == "app"
    assert problems(store) == []


def test_a_log_of_many_chunks_goes_at_once_and_its_numbers_go_on(store: Connection) -> None:
    for number in range(2, 9):
        append(store, [b"line"], number, "b1")
    left, changes = log_removal.delete_lines(store, "b1")
    assert (left, changes) == (True, [Change(BUILD_LOGS, "b1", DELETE, ("b1", "debug", "app"))])
    assert lines_in(store, "b1") == []
    append(store, [b"new"], 9, "b1")
    for _ in steps(store):
        assert lines_in(store, "b1") == [b"9=new"]
        assert logs.extents(store, "b1")[0][0] == 9
        assert problems(store) == []
    chunks = select(func.count()).select_from(CHUNKS).where(CHUNKS.c.build_id == "b1")
    assert store.execute(chunks).scalar_one() == 1


@pytest.mark.parametrize(
    ("resource", "key", "column", "to"),
    [(SCHEMES, "debug", "project_bundle_identifier", "other"), (BUILDS, "b1", "scheme_id", "release")],
    ids=["scheme", "build"],
)
def test_what_has_too_much_below_it_is_not_moved(
    store: Connection, monkeypatch: pytest.MonkeyPatch, resource: Resource, key: str, column: str, to: str
) -> None:
    add(store, PROJECTS, "other")
    add(store, SCHEMES, "release", "other")
    monkeypatch.setattr(rows, "MAX_ROWS_ALONG", 0)
    with pytest.raises(ListTooLargeError) as caught, store.begin_nested():
        rows.change(store, resource, key, {column: to}, lambda _: None)
    assert caught.value.metadata["field"] == f"{resource.noun}.{column}"
    assert rows.get(store, resource, key)[column] != to


def _instance(key: str, **values: Any) -> dict[str, Any]:
    texts = ("worktree_path", "branch_name", "base_branch", "tmux_session", "pr_url", "system_prompt")
    numbers = ("process_id", "issue_number", "pr_number", "created_at", "terminated_at", "last_activity")
    given = {"id": key, "type": 1, "status": 1, "parent_instance_id": None, "agent_number": 0}
    return {**dict.fromkeys(texts, ""), **dict.fromkeys(numbers, 0), **given, **values}


def _event(key: str) -> dict[str, Any]:
    texts = dict.fromkeys(("tool_name", "error_message", "git_commit_hash"), "")
    rest = {"success": True, "metadata": None, "status_change": 0, "is_status_updating": False, "timestamp": 1}
    return {"instance_id": key, **texts, **rest}


def test_an_instance_with_many_events_goes_at_once_and_may_be_made_anew(store: Connection) -> None:
    instances.create(store, _instance("work"))
    instances.create(store, _instance("child", parent_instance_id="work"))
    for _ in range(8):
        mcp_events.log(store, _event("work"))
    left, changes = instances.remove(store, "work")
    assert left
    assert changes == [
        Change("instances", "child", Operation.UPDATE, ("work",)),
        Change("instances", "work", DELETE),
        Change("mcp_events", "", DELETE, ("work",)),
    ]
    assert rows.get(store, INSTANCES, "child")["parent_instance_id"] is None
    with pytest.raises(NotFoundError):
        mcp_events.log(store, _event("work"))
    with pytest.raises(NotFoundError):
        instances.change(store, "child", {"parent_instance_id": "work"})
    assert mcp_events.tail(store, None, 0).events == []
    another, _ = instances.create(store, _instance("other", agent_number=1))
    assert another["agent_number"] == 1, "its number may be given again"
    instances.create(store, _instance("work", agent_number=7), past_dead=True)
    mcp_events.log(store, _event("work"))
    assert list(steps(store))
    assert [row["instance_id"] for row in rows.listing(store, MCP_EVENTS, [{}])] == ["work"]


def test_an_instance_with_too_many_relatives_is_not_deleted(store: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS_ALONG", 1)
    instances.create(store, _instance("work"))
    for key in ("one", "two"):
        instances.create(store, _instance(key, parent_instance_id="work"))
    with pytest.raises(ListTooLargeError):
        instances.remove(store, "work")


def test_what_little_was_deleted_is_named_row_by_row(store: Connection) -> None:
    append(store, [b"more"], 2, "b1")
    _, changes = removal.remove(store, CRASH_LOGS, "crash of b1")
    assert changes == [Change("crash_logs", "crash of b1", DELETE, ("b1", "debug", "app"))]
    left, changes = removal.remove(store, BUILDS, "b1")
    assert left
    assert changes == [
        Change("builds", "b1", DELETE, ("debug", "app")),
        Change(BUILD_LOGS, "b1", DELETE, ("b1", "debug", "app")),
    ]


def test_a_little_goes_at_once_each_row_named_above_before_below(
    store: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "MAX_ROWS", 100)
    left, changes = removal.remove(store, SCHEMES, "debug")
    assert not left, "nothing is left to be taken away"
    named = [(change.table, change.key) for change in changes]
    assert named[0] == ("schemes", "debug")
    assert len(named) == len(set(named)) == 1 + 3 * len(NAMES), "each build, its log, its crash report"
    assert {table for table, _ in named[-len(NAMES) :]} == {"crash_logs"}


def test_of_a_large_tree_what_was_taken_at_once_is_named_row_by_row(store: Connection) -> None:
    others = [f"other {number}" for number in range(2)]
    for name in others:
        add(store, CRASH_LOGS, name, "b1")
    for number in range(2, 6):
        append(store, [b"more"], number, "b1")
    left, changes = removal.remove(store, BUILDS, "b1")
    assert left
    reports = {change.key for change in changes if change.table == "crash_logs"}
    assert reports == {"crash of b1", *others}


def test_a_build_without_lines_has_no_log_to_go(store: Connection) -> None:
    add(store, BUILDS, "silent")
    for number in range(STEP + 1):
        add(store, CRASH_LOGS, f"crash {number}", "silent")
    left, changes = removal.remove(store, BUILDS, "silent")
    assert left
    assert {change.table for change in changes} == {"builds", "crash_logs"}


def test_the_way_is_cleared_of_what_is_dead_alone(store: Connection) -> None:
    assert removal.clear_way(store, BUILDS, "b1") == (False, []), "it lives"
    assert lines_in(store, "b1") == [b"1=line"]
    assert removal.clear_way(store, BUILDS, "nobody") == (False, [])
    assert removal.clear_way(store, CRASH_LOGS, "crash of b1") == (False, [])
    for number in range(2, 9):
        append(store, [b"more"], number, "b1")
    removal.remove(store, BUILDS, "b1")
    taken = 1
    while removal.clear_way(store, BUILDS, "b1") == (True, []):
        taken += 1
        assert taken < 10
    assert taken > 1, "it takes several steps"
    assert removal.clear_way(store, CRASH_LOGS, "crash of b1") == (False, [])


def test_a_dead_instance_gives_up_its_parent(store: Connection) -> None:
    instances.create(store, _instance("parent"))
    instances.create(store, _instance("work", parent_instance_id="parent"))
    instances.create(store, _instance("stranger", parent_instance_id="parent"))
    for _ in range(2 * STEP):
        mcp_events.log(store, _event("work"))
    left, _ = instances.remove(store, "work")
    assert left
    found = store.execute(select(INSTANCES.table.c.id, INSTANCES.table.c.parent_instance_id))
    parents = {row.id: row.parent_instance_id for row in found}
    assert parents == {"parent": None, "work": None, "stranger": "parent"}
