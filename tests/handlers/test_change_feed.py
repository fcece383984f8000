"""StreamChanges: every commit, in order, once, whole."""

import asyncio
import itertools
import time
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1.change_pb2 import Change
from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream_service.convert.positions import commit_to_message
from millstream_service.store import registry
from millstream_service.store.history import change_log
from millstream_service.store.history import changes as store_changes
from millstream_service.store.history.changes import Change as Deleted
from millstream_service.store.history.changes import Commit, Operation
from tests.entities import add_build, append_texts, build, crash_log, project, revision, scheme
from tests.handlers.kinds import on_all
from tests.recorder import Recorder
from tests.refusal import refused
from tests.stubs import Backend, Changes

pytestmark = pytest.mark.dialects

Feed = Recorder[StreamChangesResponse]
CREATE, UPDATE, DELETE = "OPERATION_CREATE", "OPERATION_UPDATE", "OPERATION_DELETE"


def feed(changes: Changes, after: int = 0, *tables: str) -> Feed:
    return Feed(changes.StreamChanges(StreamChangesRequest(after_revision=after, tables=tables)))


def change(table: str, key: str, operation: Any, *ancestors: str) -> Change:
    return Change(table=table, key=key, operation=operation, ancestors=ancestors)


async def test_a_place_in_the_feed_is_a_store_and_a_revision(stub: Backend, changes: Changes) -> None:
    await add_build(stub)
    store_id = (await feed_once(changes, StreamChangesRequest())).store_id
    assert len(store_id) == 16
    again = StreamChangesRequest(after_revision=1, store_id=store_id)
    assert (await feed_once(changes, again)).revision == 2
    elsewhere = StreamChangesRequest(after_revision=1, store_id=bytes(16))
    refusal = await refused(feed_once(changes, elsewhere))
    assert (refusal.code, refusal.reason) == ("OUT_OF_RANGE", "REVISION_COMPACTED")
    assert refusal.metadata == {"store_id": store_id.hex()}
    short = await refused(feed_once(changes, StreamChangesRequest(store_id=b"short")))
    assert (short.reason, short.fields) == ("VALIDATION_FAILED", ("store_id",))


async def feed_once(changes: Changes, request: StreamChangesRequest) -> StreamChangesResponse:
    """Return the first message of a feed."""
    call = changes.StreamChanges(request)
    async for message in call:
        call.cancel()
        return message
    raise AssertionError("a feed goes on")


@on_all
async def test_every_commit_comes_once_and_in_order(stub: Backend, changes: Changes) -> None:
    async with feed(changes) as live:
        await add_build(stub)
        await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log()))
        await append_texts(stub, "a")
        await append_texts(stub, "b", first=2)
        await stub.DeleteBuild(pb.DeleteBuildRequest(id="build"))
        commits = await live.has(6)
    assert [commit.revision for commit in commits] == [1, 2, 3, 4, 5, 6]
    above = ("build", "debug", "app")
    assert [list(commit.changes) for commit in commits[:5]] == [
        [change("projects", "app", CREATE), change("schemes", "debug", CREATE, "app")],
        [change("builds", "build", CREATE, "debug", "app")],
        [change("crash_logs", "crash", CREATE, *above)],
        [change("build_logs", "build", CREATE, *above)],
        [change("build_logs", "build", UPDATE, *above)],
    ]
    gone = [
        change("builds", "build", DELETE, "debug", "app"),
        change("build_logs", "build", DELETE, *above),
        change("crash_logs", "crash", DELETE, *above),
    ]
    assert sorted(map(str, commits[5].changes)) == sorted(map(str, gone))
    async with feed(changes) as again:
        assert await again.has(6) == commits, "a later reader gets the same"


async def test_it_goes_on_after_the_revision_that_was_asked_for(stub: Backend, changes: Changes) -> None:
    await add_build(stub, "a", "b", "c")
    newest = await revision(stub)
    async with feed(changes, newest - 1) as near, feed(changes, newest) as at_end:
        assert (await near.next()).revision == newest
        await stub.DeleteBuild(pb.DeleteBuildRequest(id="a"))
        assert (await near.next()).revision == newest + 1
        assert (await at_end.next()).revision == newest + 1


async def test_only_the_tables_that_were_asked_for(stub: Backend, changes: Changes) -> None:
    await add_build(stub, "a")
    await append_texts(stub, "line", build_id="a")
    async with feed(changes, 0, "schemes", "build_logs") as some:
        assert [(one.table, one.key) for one in (await some.next()).changes] == [("schemes", "debug")]
        assert [(one.table, one.key) for one in (await some.next()).changes] == [("build_logs", "a")]
        await stub.UpdateBuild(pb.UpdateBuildRequest(build=build("a", progress=0.5)))
        await stub.DeleteScheme(pb.DeleteSchemeRequest(id="debug"))
        last = await some.next()
        assert (last.revision, {one.table for one in last.changes}) == (await revision(stub), {"schemes", "build_logs"})


async def test_a_moved_row_names_its_old_places_and_its_new_ones(stub: Backend, changes: Changes) -> None:
    await add_build(stub)
    other = pb.CreateProjectRequest(project=project("other"), schemes=[scheme("release", "other")])
    await stub.CreateProject(other)
    before = await revision(stub)
    moved = pb.UpdateBuildRequest(build=build(scheme_id="release"), update_mask={"paths": ["scheme_id"]})
    await stub.UpdateBuild(moved)
    async with feed(changes, before) as live:
        [reported] = (await live.next()).changes
    assert reported == change("builds", "build", UPDATE, "debug", "app", "release", "other")


async def test_a_reader_that_is_far_behind_gets_pages_of_bounded_size(
    stub: Backend, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_log, "PAGE_BYTES", 100)
    await add_build(stub, *(f"build-{number}" for number in range(20)))
    async with feed(changes) as behind:
        assert [commit.revision for commit in await behind.has(21)] == list(range(1, 22))
        await stub.DeleteBuild(pb.DeleteBuildRequest(id="build-0"))
        assert (await behind.has(22))[-1].revision == 22


async def test_what_changes_nothing_is_no_commit(stub: Backend, changes: Changes) -> None:
    await add_build(stub)
    before = await revision(stub)
    async with feed(changes, before) as live:
        await stub.UpdateScheme(pb.UpdateSchemeRequest(scheme=scheme()))
        await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="build"))
        await refused(stub.DeleteBuild(pb.DeleteBuildRequest(id="none")))
        await stub.DeleteBuild(pb.DeleteBuildRequest(id="build"))
        assert [one.key for one in (await live.next()).changes] == ["build"]


async def test_the_time_of_a_commit_is_the_services(stub: Backend, changes: Changes) -> None:
    earliest = time.time_ns()
    await add_build(stub)
    async with feed(changes) as live:
        committed = [one.committed_at.ToNanoseconds() for one in await live.has(2)]
    assert earliest <= committed[0] <= committed[1] <= time.time_ns()


@on_all
async def test_writes_that_are_committed_together_are_one_revision(stub: Backend, changes: Changes) -> None:
    await add_build(stub)
    before = await revision(stub)
    requests = [pb.CreateBuildRequest(build=build(f"{number}")) for number in range(100)]
    answers = await asyncio.gather(*(stub.CreateBuild(request) for request in requests))
    newest = max(answer.revision for answer in answers)
    async with feed(changes, before) as live:
        commits = await live.until(lambda all_: all_[-1:] != [] and all_[-1].revision == newest, "the last commit came")
    assert [commit.revision for commit in commits] == list(range(before + 1, newest + 1))
    reported = {one.key: commit.revision for commit in commits for one in commit.changes}
    assert reported == {answer.build.id: answer.revision for answer in answers}


@pytest.mark.parametrize("after", [-1, -(2**63), 1, 2**63 - 1])
async def test_a_revision_that_never_was_is_refused(changes: Changes, after: int) -> None:
    refusal = await refused(changes.StreamChanges(StreamChangesRequest(after_revision=after)))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert (refusal.metadata, refusal.fields) == ({"field": "after_revision"}, ("after_revision",))


@pytest.mark.parametrize("table", ["", "Projects", "store_state", "*"])
async def test_an_unknown_table_is_refused(changes: Changes, table: str) -> None:
    refusal = await refused(changes.StreamChanges(StreamChangesRequest(tables=["builds", table])))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("tables[1]",))


async def test_who_comes_too_late_is_told_how_far_back_the_log_reaches(
    stub: Backend, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_log, "KEPT_REVISIONS", 3)
    monkeypatch.setattr(change_log, "KEPT_NANOSECONDS", 0)
    monkeypatch.setattr(change_log, "_COMPACT_EVERY", 10)
    await add_build(stub, *(f"build-{number}" for number in range(9)))
    assert await revision(stub) == 10
    refusal = await refused(changes.StreamChanges(StreamChangesRequest(after_revision=6)))
    assert (refusal.code, refusal.reason) == ("OUT_OF_RANGE", "REVISION_COMPACTED")
    assert refusal.metadata == {"after_revision": "6", "oldest_revision": "8"}
    async with feed(changes, 7) as live:
        assert [one.revision for one in await live.has(3)] == [8, 9, 10]


async def test_a_commit_of_very_many_rows_names_what_they_were_below(
    stub: Backend, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_changes, "MAX_CHANGES_A_TABLE", 3)
    await add_build(stub, "a", "b", "c", "d")
    await append_texts(stub, "line", build_id="a")
    before = await revision(stub)
    await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
    async with feed(changes, before) as live:
        reported = list((await live.next()).changes)
    assert sorted(map(str, reported)) == sorted(
        map(
            str,
            [
                change("projects", "app", DELETE),
                change("schemes", "debug", DELETE, "app"),
                change("builds", "", DELETE, "app"),
                change("build_logs", "a", DELETE, "a", "debug", "app"),
            ],
        )
    )


def test_the_largest_commit_is_taken_by_any_client() -> None:
    """Whose message has 4 MiB at most: one that is larger would end the feed there for good."""
    ids = (f"{number:036}" for number in itertools.count())
    app, debug = next(ids), next(ids)
    deleted = [Deleted("projects", app, Operation.DELETE)]
    for _ in range(store_changes.MAX_CHANGES_A_TABLE):
        build_id = next(ids)
        above = (build_id, debug, app)
        deleted += [
            Deleted("schemes", next(ids), Operation.DELETE, above[2:]),
            Deleted("builds", build_id, Operation.DELETE, above[1:]),
            Deleted("build_logs", build_id, Operation.DELETE, above),
            Deleted("crash_logs", next(ids), Operation.DELETE, above),
        ]
    message = commit_to_message(Commit(1, 0, store_changes.coalesce(deleted)), frozenset(registry.names()))
    assert message is not None
    assert message.ByteSize() < 4 << 20
