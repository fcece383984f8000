"""The check finds each kind of damage, and nothing in a store that is well."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from millstream import Instance, McpEvent
from millstream_service.convert.agents.entities import (
    instance_from_message,
    mcp_event_from_message,
    mcp_events_from_messages,
)
from millstream_service.errors import StoreUnavailableError
from millstream_service.store.agents import instances, mcp_events
from millstream_service.store.builds import builds
from millstream_service.store.builds import checks as build_checks
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs import log_removal
from millstream_service.store.upkeep.check import check
from tests.postgres.server import PostgresServer
from tests.store.opening import beside, file_of, opened
from tests.store.stored import add, add_build, append, build_row

DAMAGE = {
    "DELETE FROM builds WHERE id = 'build'": "does not stand where its build is",
    "DELETE FROM builds WHERE id = 'emptied'": "build_log_heads has 1 rows whose row in builds is missing",
    "UPDATE crash_logs SET scheme_id = 'elsewhere'": "crash_log crash does not stand where its build is",
    "UPDATE builds SET project_bundle_identifier = 'x'": "build build does not stand where its scheme is",
    "UPDATE schemes SET project_bundle_identifier = 'x'": "scheme debug does not stand where its project is",
    "UPDATE builds SET labels = NULL": "build build is not found by its labels",
    "UPDATE builds SET created_at = created_at + 1": "build build is not found by its labels",
    "DELETE FROM build_labels": "build build is not found by its labels",
    "DELETE FROM build_log_chunks WHERE first_seq = 3": "has line 4 where 3 should follow",
    "DELETE FROM build_log_chunks WHERE first_seq = 4": "should end with line 4",
    "UPDATE build_log_chunks SET last_seq = 9 WHERE first_seq = 3": "has line 4 where 10 should follow",
    "UPDATE build_log_chunks SET last_seq = 2 WHERE first_seq = 3": "has line 3 where 3 should follow",
    "UPDATE build_log_chunks SET payload = x'00' WHERE first_seq = 4": "lines 4 to 4 of build build can't be read",
    "UPDATE build_log_chunks SET payload = x'00' WHERE first_seq = 3": "lines 3 to 3 of build build can't be read",
    "UPDATE build_log_chunks SET size = size + 1": "lines 3 to 3 of build build can't be read",
    "UPDATE build_log_heads SET last_seq = 7": "the log of build build should end with line 7",
    "UPDATE build_log_heads SET deleted_seq = 1": "has line 3 where 2 should follow",
    "UPDATE build_log_heads SET deleted_seq = 0, expired_at = 1": "is marked as expired, but no line is missing",
    "DELETE FROM build_log_heads": "the log of build build has lines but no head",
    "UPDATE build_log_writers SET last_entry = 5 WHERE build_id = 'build'": "have written 5 lines, its log goes to 4",
    "UPDATE mcp_event_writers SET last_entry = 4": "the writers of instance agent have written 4 events, it has 3",
    "DELETE FROM mcp_events WHERE id < 3": "the writers of instance agent have written 2 events, it has 1",
    "DELETE FROM change_log WHERE revision = 2": "the change log has 2 of the revisions 1 to 3",
    "DELETE FROM change_log WHERE revision = 3": "the change log has 2 of the revisions 1 to 3",
    "UPDATE store_state SET revision = 2": "the change log has 3 of the revisions 1 to 2",
}


Harm = Callable[[str], object]


@pytest.fixture(params=["file", "postgres"])
def harmed_url(request: pytest.FixtureRequest, file_url: str) -> Iterator[tuple[str, Harm]]:
    """The URL of a new database, and what runs a statement in it that heeds no constraint."""
    if request.param == "file":
        yield file_url, lambda statement: _run_in_file(file_url, statement)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create_database("harmed"), lambda statement: server.execute_unchecked(statement, "harmed")
    server.drop_database("harmed")


def _run_in_file(url: str, statement: str) -> None:
    with beside(url) as connection:
        connection.execute(statement)


@pytest.fixture
def harm(harmed_url: tuple[str, Harm]) -> Harm:
    return harmed_url[1]


@pytest.fixture
def good(harmed_url: tuple[str, Harm]) -> str:
    """The URL of a store with one of everything: a log without its first lines, an empty log, three commits."""
    return _filled(harmed_url[0])


@pytest.fixture
def good_file(file_url: str) -> str:
    """The same in a file."""
    return _filled(file_url)


def _filled(url: str) -> str:
    with opened(url) as database, database.connect_writer() as connection, connection.begin():
        add_build(connection, "silent", "emptied")
        builds.create(connection, build_row(labels={"nightly": "yes"}))
        add(connection, CRASH_LOGS)
        for build_id in ("build", "emptied"):
            append(connection, [b"one", b"two"], build_id=build_id)
            log_removal.delete_lines(connection, build_id)
        append(connection, [b"three"], 3)
        append(connection, [b"x" * 5000], 4)
        instances.create(connection, instance_from_message(Instance(id="agent")))
        mcp_events.log(connection, mcp_event_from_message(McpEvent(instance_id="agent")))
        appended = mcp_events_from_messages([McpEvent(), McpEvent()], "agent")
        mcp_events.append(connection, "agent", "writer", 1, appended)
        for number in range(3):
            change_log.record(connection, [Change("projects", str(number), Operation.UPDATE)])
    return url


def test_a_store_that_is_well_has_no_problems(good: str) -> None:
    assert check(good) == []


def test_a_new_store_has_none(file_url: str) -> None:
    assert check(file_url) == []


def test_builds_of_one_moment_or_with_the_same_labels_or_none_are_no_problem(database_url: str) -> None:
    with opened(database_url) as database, database.connect_writer() as connection, connection.begin():
        add_build(connection, "silent")
        team = {"team": "core"}
        for number, labels in enumerate(({"nightly": "yes"}, {"nightly": "yes", **team}, {}, team, team)):
            builds.create(connection, build_row(f"build-{number}", labels=labels, created_at=number // 2))
        assert list(build_checks.find_mislabelled(connection)) == []
        damaged = update(BUILDS.table).where(BUILDS.table.c.id.in_(["build-0", "build-2"])).values(labels={"a": "b"})
        connection.execute(damaged)
        assert list(build_checks.find_mislabelled(connection)) == [
            f"build build-{number} is not found by its labels" for number in (0, 2)
        ]


@pytest.mark.slow(1)
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_wrong_is_found(good: str, harm: Harm, damage: str) -> None:
    harm(damage if good.startswith("sqlite") else damage.replace("x'00'", r"'\x00'::bytea"))
    problems = check(good)
    assert any(DAMAGE[damage] in problem for problem in problems), problems


def test_a_chunk_whose_checksum_is_wrong_is_found(good_file: str) -> None:
    with beside(good_file) as connection:
        [(payload,)] = connection.execute("SELECT payload FROM build_log_chunks WHERE first_seq = 4")
        connection.execute(
            "UPDATE build_log_chunks SET payload = ? WHERE first_seq = 4", [payload[:-1] + bytes([payload[-1] ^ 1])]
        )
    assert check(good_file) == ["lines 4 to 4 of build build can't be read"]


def test_damage_of_the_file_itself_is_found(good_file: str) -> None:
    path = file_of(good_file)
    with beside(good_file) as connection:
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_crash_logs_of_build'")
        [(size,)] = connection.execute("PRAGMA page_size")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[(page - 1) * size : page * size] = b"\xa5" * size
    path.write_bytes(data)
    problems = check(good_file)
    assert problems
    assert not any(str(path.parent) in problem for problem in problems)


def test_what_can_not_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError):
        check(f"sqlite:///{tmp_path}")
