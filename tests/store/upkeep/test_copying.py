"""A copy of a store holds the same to the last byte; one that was broken off goes on; nothing else is touched."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from millstream_service.errors import CopyRefusedError, StoreUnavailableError
from millstream_service.store.agents.tables import (
    CONFIG_ENTRIES,
    EVENT_WRITERS,
    GITHUB_ISSUES,
    INSTANCES,
    MCP_EVENTS,
    RELATIONSHIPS,
)
from millstream_service.store.builds import builds
from millstream_service.store.builds.tables import BUILDS, CHUNKS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Database
from millstream_service.store.entities import deletions, purge, removal, rows
from millstream_service.store.history import change_log, queries
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs import logs
from millstream_service.store.logs.expiry import expire_some
from millstream_service.store.schema.models import COUNTERS, STATE
from millstream_service.store.upkeep.check import check
from millstream_service.store.upkeep.copying import TABLES, Copied, Progress, copy
from tests.store.opening import opened
from tests.store.stored import add, append, build_row, plain_lines

pytestmark = pytest.mark.slow

BUILD_COUNT = 4_100
"""More rows than two transactions of the copy have."""


def _silent(_: Progress) -> None:
    """Report nothing."""


MakeUrl = Callable[[str, str], str]


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgres", "postgres to sqlite"])
def engines(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The engine of the source and that of the target."""
    source, _, target = request.param.split()
    return source, target


@pytest.fixture
def make_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeUrl]:
    """Make the URL of a new database of an engine."""
    made: list[str] = []

    def make(engine: str, name: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path / name}.sqlite3"
        made.append(name)
        url: str = request.getfixturevalue("postgres").create_database(name)
        return url

    yield make
    for name in made:
        request.getfixturevalue("postgres").drop_database(name)


@pytest.fixture
def source(engines: tuple[str, str], make_url: MakeUrl) -> str:
    """The URL of a store with something in every table: odd texts, numbers at their ends, absent values."""
    url = make_url(engines[0], "source")
    with opened(url) as database, database.connect_writer() as connection, connection.begin():
        _fill(connection)
    return url


@pytest.fixture
def target(engines: tuple[str, str], make_url: MakeUrl) -> str:
    """The URL of an empty database."""
    return make_url(engines[1], "target")


def _fill(connection: Connection) -> None:
    for project in ("app", "App", "äpp", "app\x01\U0001f680", "a'pp"):
        add(connection, PROJECTS, project, name='Ünïcode \u2028 \\ " \n\t')
    add(connection, SCHEMES)
    extreme: dict[str, Any] = {"created_at": -(2**63), "end_date": None, "memory": 2**63 - 1, "progress": 0.1 + 0.2}
    labels = {"nightly": "yes", "team": "größe"}
    builds.create(connection, build_row("build", **extreme, export_options=[], labels=labels))
    above = {"scheme_id": "debug", "project_bundle_identifier": "app"}
    connection.execute(insert(BUILDS.table), [build_row(f"b{n}", created_at=n) | above for n in range(BUILD_COUNT)])
    add(connection, CRASH_LOGS, content="x" * 300_000)
    append(connection, [b"\x00\xff", b"two"])
    append(connection, [b"y" * 200_000], 3)
    for build_id in ("b1", "b2"):
        logs.append(connection, build_id, "other", 1, 1, plain_lines([b"alone"]))
    expire_some(connection, "b2", ended=[2], now=2**62)
    _fill_agents(connection)
    deletions.record(connection, "builds", "gone")
    for number in range(3):
        change_log.record(connection, [Change("projects", str(number), Operation.UPDATE)])


def _fill_agents(connection: Connection) -> None:
    """Add agents: one that comes before its parent in the order of keys, and something of each other kind."""
    for number, key in enumerate(("child", "parent", "stranger")):
        connection.execute(insert(INSTANCES.table), _any_row(INSTANCES.table, id=key, agent_number=number))
    child = INSTANCES.table.update().where(INSTANCES.table.c.id == "child")
    connection.execute(child.values(parent_instance_id="parent"))
    connection.execute(insert(MCP_EVENTS.table), _any_row(MCP_EVENTS.table, id=7, instance_id="child", metadata=b"{}"))
    connection.execute(insert(EVENT_WRITERS), {"instance_id": "child", "writer_id": "ü", "last_entry": 1})
    related = {"parent_instance": "parent", "child_instance": "child"}
    connection.execute(insert(RELATIONSHIPS.table), _any_row(RELATIONSHIPS.table, id=2**40, **related))
    connection.execute(
        insert(GITHUB_ISSUES.table), _any_row(GITHUB_ISSUES.table, id="o/n#1", state="open", labels=["ü", "b"])
    )
    connection.execute(insert(CONFIG_ENTRIES.table), _any_row(CONFIG_ENTRIES.table, key="k", value=b"\x00\xff"))
    for name, value in (("mcp_events", 7), ("relationships", 2**40)):
        connection.execute(COUNTERS.update().where(COUNTERS.c.name == name).values(value=value))


def _any_row(table: Table, **values: Any) -> dict[str, Any]:
    """Return a row with these values, and something in every other column that must have it."""
    some: dict[type, Any] = {str: "text", int: 3, bool: True, bytes: b"bytes", object: []}
    return {one.name: None if one.nullable else some[one.type.python_type] for one in table.columns} | values


def _contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with opened(url) as database:
        return database.read_now(
            lambda connection: {table.name: _rows(connection, table) for table in (*TABLES, STATE)}
        )


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    """Return all rows, but for where the store is, which no two databases have the same."""
    columns = [column for column in table.columns if column is not STATE.c.place]
    return [tuple(row) for row in connection.execute(select(*columns).order_by(*table.primary_key))]


def _write(url: str, command: Callable[[Connection], Any]) -> None:
    with opened(url) as database, database.connect_writer() as connection, connection.begin():
        command(connection)


def test_a_copy_holds_the_same_and_is_the_same_store(source: str, target: str) -> None:
    copied = copy(source, target, _silent)
    assert _contents(target) == _contents(source)
    assert check(target) == []
    assert copied.revision == 3
    assert copied.tables["builds"].rows == BUILD_COUNT + 1
    assert len({one.checksum for one in copied.tables.values() if one.rows}) == len(TABLES)


def test_an_empty_store_can_be_copied(file_url: str, target: str) -> None:
    rows = {name: one.rows for name, one in copy(file_url, target, _silent).tables.items() if name != COUNTERS.name}
    assert set(rows.values()) == {0}
    assert _contents(target) == _contents(file_url)


class _Broken(Exception):
    """The copy was broken off."""


class _BreakingOff:
    """Reports, and breaks the copy off at the n-th report."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.seen: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        self._left -= 1
        if not self._left:
            raise _Broken


def _interrupted(source: str, target: str) -> Iterator[_BreakingOff]:
    """Break copies off ever later, until one comes to its end."""
    for at in (1, 2, 5, 8, 10, 13, 15, 100, 1_000):
        reports = _BreakingOff(at)
        try:
            copy(source, target, reports)
        except _Broken:
            yield reports
        else:
            return


def test_a_copy_that_is_broken_off_goes_on(source: str, target: str) -> None:
    reached = 0
    for reports in _interrupted(source, target):
        first = reports.seen[0]
        assert first.rows >= reached, "what was copied is not copied again"
        reached = max([one.rows for one in reports.seen[:-1] if one.doing == "copying"], default=reached)
        with pytest.raises(StoreUnavailableError, match="not finished"):
            Database(target).open()
    assert reached >= BUILD_COUNT
    assert _contents(target) == _contents(source)


def test_progress_comes_to_its_end(source: str, target: str) -> None:
    seen: list[Progress] = []
    copy(source, target, seen.append)
    for doing in ("copying", "comparing"):
        rows = [one.rows for one in seen if one.doing == doing]
        assert rows == sorted(rows)
        assert rows[-1] == next(one.of for one in seen if one.doing == doing)


def _break_off(source: str, target: str, at: int = 3) -> None:
    with pytest.raises(_Broken):
        copy(source, target, _BreakingOff(at))


def test_a_source_that_went_on_is_copied_anew(source: str, target: str) -> None:
    _break_off(source, target, 4)
    _write(source, _delete_and_add)
    copy(source, target, _silent)
    assert _contents(target) == _contents(source)


def _delete_and_add(connection: Connection) -> None:
    connection.execute(BUILDS.table.delete().where(BUILDS.table.c.id == "b7"))
    add(connection, BUILDS, "another")
    change_log.record(connection, [Change("builds", "another", Operation.CREATE)])


def test_what_changed_without_a_commit_is_found_and_copied_anew(source: str, target: str, make_url: MakeUrl) -> None:
    last = len(_reports(source, make_url("sqlite", "other")))
    _break_off(source, target, last - 3)
    change = CHUNKS.update().where(CHUNKS.c.build_id == "b1").values(categories="merged")
    _write(source, lambda connection: connection.execute(change))
    with pytest.raises(CopyRefusedError, match="build_log_chunks differs"):
        copy(source, target, _silent)
    with pytest.raises(StoreUnavailableError, match="not finished"):
        Database(target).open()
    copy(source, target, _silent)
    assert _contents(target) == _contents(source)


def _reports(source: str, target: str) -> list[Progress]:
    seen: list[Progress] = []
    copy(source, target, seen.append)
    return seen


def test_a_source_that_is_written_to_meanwhile_is_told_of(source: str, target: str) -> None:
    def write(progress: Progress) -> None:
        if progress.doing == "comparing" and not written:
            written.append(progress)
            _write(source, _delete_and_add)

    written: list[Progress] = []
    with pytest.raises(CopyRefusedError, match="has changed meanwhile"):
        copy(source, target, write)
    copied: Copied = copy(source, target, _silent)
    assert copied.revision == 4
    assert _contents(target) == _contents(source)


def test_what_is_half_deleted_is_gone_in_the_copy_too_and_the_copy_takes_the_rest_away(
    source: str, target: str
) -> None:
    _write(source, lambda connection: removal.remove(connection, PROJECTS, "app"))
    for _ in range(3):
        _write(source, lambda connection: purge.go_on(connection, PROJECTS.table.name, "app"))
    copy(source, target, _silent)
    assert _contents(target) == _contents(source)
    assert check(target) == []
    with opened(target) as database, database.connect_writer() as connection, connection.begin():
        assert _below_app(connection) > 0, "the deletion is in its middle"
        assert [row["bundle_identifier"] for row in rows.listing(connection, PROJECTS, [{}])].count("app") == 0
        for resource in (SCHEMES, BUILDS, CRASH_LOGS):
            assert list(rows.listing(connection, resource, [{}])) == []
        assert list(logs.chunks_left(connection, "build")) == []
        while any(one.table_name == PROJECTS.table.name for one in deletions.oldest(connection)):
            purge.go_on(connection, PROJECTS.table.name, "app")
        assert _below_app(connection) == 0
        assert len(list(rows.listing(connection, PROJECTS, [{}]))) == 4, "the others are whole"
    assert check(target) == []


def _below_app(connection: Connection) -> int:
    return sum(len(_rows(connection, table)) for table in (SCHEMES.table, BUILDS.table, CRASH_LOGS.table, CHUNKS))


def test_a_target_that_holds_something_is_left_alone(source: str, target: str) -> None:
    _write(target, lambda connection: add(connection, PROJECTS, "precious"))
    before = _contents(target)
    with pytest.raises(CopyRefusedError, match="is not empty"):
        copy(source, target, _silent)
    assert _contents(target) == before


def test_a_target_whose_rows_are_all_deleted_is_still_somebody_s(source: str, target: str) -> None:
    _write(target, lambda connection: change_log.record(connection, [Change("projects", "gone", Operation.DELETE)]))
    _write(target, lambda connection: change_log.compact(connection, 10, 2**62))
    with pytest.raises(CopyRefusedError, match="is not empty"):
        copy(source, target, _silent)


def test_a_finished_copy_is_not_made_again(source: str, target: str) -> None:
    copy(source, target, _silent)
    for other in (source, target):
        with pytest.raises(CopyRefusedError, match="already holds this store"):
            copy(source, other, _silent)


def test_the_unfinished_copy_of_another_store_is_left_alone(source: str, target: str, file_url: str) -> None:
    _break_off(source, target)
    with pytest.raises(CopyRefusedError, match="of another store"):
        copy(file_url, target, _silent)
    copy(source, target, _silent)
    assert _contents(target) == _contents(source)


def test_an_unfinished_copy_is_no_source(source: str, target: str, file_url: str) -> None:
    _break_off(source, target)
    with pytest.raises(StoreUnavailableError, match="not finished"):
        copy(target, file_url, _silent)


def test_the_copy_goes_on_from_the_source_s_revision(source: str, target: str) -> None:
    copy(source, target, _silent)
    _write(target, lambda connection: change_log.record(connection, [Change("projects", "app", Operation.UPDATE)]))
    with opened(target) as database:
        assert database.read_now(queries.revision) == 4
    assert check(target) == []
