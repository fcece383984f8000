"""The named queries."""

from functools import partial

from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Database
from tests.store.conftest import Write
from tests.store.family import build, crash_log, create, family, project, scheme


def _some_builds(write: Write) -> None:
    write(family)
    write(create(SCHEMES, scheme("other", order=-1)))
    for number, version in enumerate(("1.9", "1.10", "1.9", "2.0-beta", "2.0", "")):
        above = "debug" if number % 2 else "other"
        write(create(BUILDS, build(f"build-{number}", above, version_string=version, created_at=number + 1)))


def test_projects_are_newest_first(database: Database, write: Write) -> None:
    for key, age in (("old", 1), ("tie-a", 2), ("tie-b", 2), ("new", 3)):
        write(create(PROJECTS, project(key, created_at=age)))
    assert database.read_now(build_queries.project_ids) == ["new", "tie-b", "tie-a", "old"]


def test_schemes_are_in_their_order(database: Database, write: Write) -> None:
    write(create(PROJECTS, project()))
    for key, order in (("second", 2), ("first-b", 1), ("first-a", 1), ("before", -5)):
        write(create(SCHEMES, scheme(key, order=order)))
    found = database.read_now(partial(build_queries.scheme_ids, project_id="app"))
    assert found == ["before", "first-a", "first-b", "second"]
    assert database.read_now(partial(build_queries.scheme_ids, project_id="none")) == []


def test_crash_logs_are_newest_first(database: Database, write: Write) -> None:
    write(family)
    for key, age in (("older", 1), ("newer", 2)):
        write(create(CRASH_LOGS, crash_log(key, created_at=age)))
    assert database.read_now(partial(build_queries.crash_log_ids, build_id="build")) == ["newer", "older", "crash"]


def test_builds_of_some_schemes(database: Database, write: Write) -> None:
    _some_builds(write)
    of_both = partial(build_queries.build_ids, schemes=["debug", "other", "none", "debug"])
    everything = [f"build-{number}" for number in reversed(range(6))] + ["build"]
    assert database.read_now(partial(of_both, version=None)) == everything
    assert database.read_now(partial(of_both, version="1.9")) == ["build-2", "build-0"]
    assert database.read_now(partial(of_both, version="")) == ["build-5", "build"]
    assert database.read_now(partial(build_queries.build_ids, schemes=[], version=None)) == []


def test_each_version_comes_once_the_newest_first(database: Database, write: Write) -> None:
    _some_builds(write)
    write(create(PROJECTS, project("empty", created_at=1)))
    versions = ["2.0", "2.0-beta", "1.10", "1.9", ""]
    assert database.read_now(partial(build_queries.version_strings, project_id="app")) == versions
    assert database.read_now(build_queries.versions_by_project) == {"app": versions, "empty": []}


def test_a_project_in_detail(database: Database, write: Write) -> None:
    _some_builds(write)
    found = database.read_now(partial(build_queries.project_detail, project_id="app"))
    assert found is not None
    row, schemes, builds = found
    assert (row["bundle_identifier"], schemes) == ("app", ["other", "debug"])
    assert builds == ["build-5", "build-4", "build-3", "build-2", "build-1"]
    assert database.read_now(partial(build_queries.project_detail, project_id="none")) is None


def test_the_latest_builds(database: Database, write: Write) -> None:
    _some_builds(write)
    found = database.read_now(partial(build_queries.latest_builds, project_id="app", limit=2, labels={}))
    assert [row["id"] for row in found] == ["build-5", "build-4"]
