"""Who is deleted or moved takes along all that is below, and every watcher of it sees that."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import add_build, append_texts, at, build, crash_log, project, scheme
from tests.handlers.kinds import on_all
from tests.recorder import Recorder
from tests.refusal import refused
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

BELOW = {
    "StreamProject": pb.StreamProjectRequest(id="app"),
    "StreamProjectDetail": pb.StreamProjectDetailRequest(id="app"),
    "StreamSchemeIds": pb.StreamSchemeIdsRequest(project_id="app"),
    "StreamScheme": pb.StreamSchemeRequest(id="debug"),
    "StreamBuildIds": pb.StreamBuildIdsRequest(scheme_ids=["debug"]),
    "StreamBuild": pb.StreamBuildRequest(id="build"),
    "StreamLatestBuilds": pb.StreamLatestBuildsRequest(project_id="app"),
    "StreamBuildVersionStrings": pb.StreamBuildVersionStringsRequest(project_id="app"),
    "StreamBuildLogIds": pb.StreamBuildLogIdsRequest(build_id="build"),
    "StreamBuildLog": pb.StreamBuildLogRequest(id="build/1"),
    "StreamCrashLogIds": pb.StreamCrashLogIdsRequest(build_id="build"),
    "StreamCrashLog": pb.StreamCrashLogRequest(id="crash"),
}
"""A stream of each thing at or below the project."""
OF_PROJECT = {"StreamProject", "StreamProjectDetail", "StreamSchemeIds"}
OF_SCHEME = {"StreamScheme", "StreamBuildIds"}
LISTED = {"StreamLatestBuilds", "StreamBuildVersionStrings"}
OF_BUILD = {"StreamBuild", "StreamBuildLogIds", "StreamBuildLog", "StreamCrashLogIds", "StreamCrashLog"}


def is_empty(message: Any) -> bool:
    """Return whether a message has its position and no value."""
    return [field.name for field, _ in message.ListFields()] == ["position"]


class Watching:
    """A recorder for each stream."""

    def __init__(self, recorders: dict[str, Recorder[Any]]) -> None:
        self.recorders = recorders

    async def all_next(self, names: set[str]) -> dict[str, Any]:
        return {name: await self.recorders[name].next() for name in names}

    async def go(self, names: set[str], revision_: int) -> None:
        """See the values of these streams go, all at one revision."""
        for message in (await self.all_next(names)).values():
            assert is_empty(message)
            assert message.position.revision == revision_


@pytest.fixture
async def watching(stub: Backend) -> AsyncIterator[Watching]:
    await add_build(stub)
    changed = pb.UpdateBuildRequest(build=build(version_string="1.0"), update_mask={"paths": ["version_string"]})
    await stub.UpdateBuild(changed)
    await append_texts(stub, "a line")
    await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log()))
    async with AsyncExitStack() as stack:
        recorders = {
            name: await stack.enter_async_context(Recorder[Any](getattr(stub, name)(request)))
            for name, request in BELOW.items()
        }
        watching = Watching(recorders)
        for message in (await watching.all_next(set(BELOW))).values():
            assert not is_empty(message)
        yield watching


@on_all
async def test_a_deleted_project_is_seen_to_go_by_all_who_watch_below_it(stub: Backend, watching: Watching) -> None:
    answer = await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
    await watching.go(OF_PROJECT | OF_SCHEME | LISTED | OF_BUILD, answer.revision)
    assert not any(recorder.rest for recorder in watching.recorders.values())


@on_all
async def test_a_deleted_scheme_is_seen_to_go_by_all_who_watch_below_it(stub: Backend, watching: Watching) -> None:
    answer = await stub.DeleteScheme(pb.DeleteSchemeRequest(id="debug"))
    await watching.go({"StreamSchemeIds"} | OF_SCHEME | LISTED | OF_BUILD, answer.revision)
    detail = (await watching.all_next({"StreamProjectDetail"}))["StreamProjectDetail"].project_detail
    assert (list(detail.scheme_ids), list(detail.recent_build_ids)) == ([], [])
    assert not watching.recorders["StreamProject"].rest


@on_all
async def test_a_deleted_build_is_seen_to_go_by_all_who_watch_below_it(stub: Backend, watching: Watching) -> None:
    answer = await stub.DeleteBuild(pb.DeleteBuildRequest(id="build"))
    await watching.go({"StreamBuildIds"} | LISTED | OF_BUILD, answer.revision)
    assert not watching.recorders["StreamScheme"].rest


async def test_nothing_below_a_deleted_project_is_left(stub: Backend, watching: Watching) -> None:
    await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
    assert watching
    for call, reason in (
        (stub.GetScheme(pb.GetSchemeRequest(id="debug")), "SCHEME_NOT_FOUND"),
        (stub.GetBuild(pb.GetBuildRequest(id="build")), "BUILD_NOT_FOUND"),
        (stub.GetBuildLog(pb.GetBuildLogRequest(id="build/1")), "BUILD_LOG_NOT_FOUND"),
        (stub.GetCrashLog(pb.GetCrashLogRequest(id="crash")), "CRASH_LOG_NOT_FOUND"),
    ):
        assert (await refused(call)).reason == reason
    await add_build(stub)
    assert not (await stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="build"))).build_logs, "not by the same id"


async def _elsewhere(stub: Backend) -> None:
    request = pb.CreateProjectRequest(project=project("other", created_at=at(9)), schemes=[scheme("nightly", "other")])
    await stub.CreateProject(request)


@on_all
async def test_a_moved_build_leaves_one_project_and_comes_into_the_other(stub: Backend, watching: Watching) -> None:
    await _elsewhere(stub)
    there = pb.StreamLatestBuildsRequest(project_id="other")
    async with Recorder[pb.StreamLatestBuildsResponse](stub.StreamLatestBuilds(there)) as other:
        assert is_empty(await other.next())
        moved = pb.UpdateBuildRequest(build=build(scheme_id="nightly"), update_mask={"paths": ["scheme_id"]})
        answer = await stub.UpdateBuild(moved)
        await watching.go({"StreamBuildIds"} | LISTED, answer.revision)
        assert (await watching.all_next({"StreamBuild"}))["StreamBuild"].build == answer.build
        assert [one.id for one in (await other.next()).builds] == ["build"]
    crashes = await stub.ListCrashLogs(pb.ListCrashLogsRequest(project_id="other"))
    assert [one.incident_identifier for one in crashes.crash_logs] == ["crash"], "its crash logs come along"
    assert not (await stub.ListCrashLogs(pb.ListCrashLogsRequest(project_id="app"))).crash_logs


@on_all
async def test_a_moved_scheme_takes_its_builds_along(stub: Backend, watching: Watching) -> None:
    await _elsewhere(stub)
    there = pb.StreamBuildVersionStringsRequest(project_id="other")
    async with Recorder[pb.StreamBuildVersionStringsResponse](stub.StreamBuildVersionStrings(there)) as other:
        assert is_empty(await other.next())
        moved = pb.UpdateSchemeRequest(
            scheme=scheme(project_id="other"), update_mask={"paths": ["project_bundle_identifier"]}
        )
        answer = await stub.UpdateScheme(moved)
        await watching.go({"StreamSchemeIds"} | LISTED, answer.revision)
        assert list((await other.next()).version_strings) == ["1.0"]
        assert not watching.recorders["StreamBuildIds"].rest, "it is in the same scheme as before"
    builds = await stub.ListBuilds(pb.ListBuildsRequest(project_id="other"))
    assert [one.id for one in builds.builds] == ["build"]
    await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
    assert (await stub.GetCrashLog(pb.GetCrashLogRequest(id="crash"))).crash_log, "nothing is left in the old place"
    await stub.DeleteProject(pb.DeleteProjectRequest(id="other"))
    assert (await refused(stub.GetCrashLog(pb.GetCrashLogRequest(id="crash")))).reason == "CRASH_LOG_NOT_FOUND"
