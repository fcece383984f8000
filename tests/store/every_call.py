"""Every RPC of the service, with requests that take each of its ways to the store, in an order that works."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import BuildStatus
from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from tests.entities import WARNING, build, crash_log, entry, project, scheme

RUNNING, COMPLETED = BuildStatus.BUILD_STATUS_RUNNING, BuildStatus.BUILD_STATUS_COMPLETED
Call = tuple[str, Message]


def _mask(path: str) -> FieldMask:
    return FieldMask(paths=[path])


def creations() -> Iterator[Call]:
    """Two projects with schemes, three builds, lines, crash reports."""
    yield "CreateProject", pb.CreateProjectRequest(project=project(), schemes=[scheme(), scheme("release")])
    yield "CreateProject", pb.CreateProjectRequest(project=project("other"))
    yield "CreateScheme", pb.CreateSchemeRequest(scheme=scheme("tests"))
    for key in ("build", "second", "third"):
        yield "CreateBuild", pb.CreateBuildRequest(build=build(key, version_string="1.0"))
        yield "AppendBuildLogs", _batch(key, 1)
        yield "AppendBuildLogs", _batch(key, 21)
        yield "AppendBuildLogs", _batch(key, 21)
        yield "CreateCrashLog", pb.CreateCrashLogRequest(crash_log=crash_log(f"{key}-crash", key))
    yield "CreateBuildLog", pb.CreateBuildLogRequest(build_log=BuildLog(build_id="build", content="one more"))


def _batch(build_id: str, first: int) -> Message:
    entries = [entry(f"line {number}", category="compile") for number in range(first, first + 20)]
    return pb.AppendBuildLogsRequest(build_id=build_id, writer_id="writer", first_entry=first, entries=entries)


def reads() -> Iterator[Call]:
    """Get, list, search."""
    yield "GetProject", pb.GetProjectRequest(id="app")
    yield "GetScheme", pb.GetSchemeRequest(id="debug")
    yield "GetBuild", pb.GetBuildRequest(id="build")
    yield "GetBuildLog", pb.GetBuildLogRequest(id="build/5")
    yield "GetCrashLog", pb.GetCrashLogRequest(id="build-crash")
    yield "ListProjects", pb.ListProjectsRequest(page_size=1)
    yield "ListSchemes", pb.ListSchemesRequest(project_id="app", page_size=1)
    for fields in _build_lists():
        yield "ListBuilds", pb.ListBuildsRequest(**fields, page_size=1)
    yield "ListBuildLogs", pb.ListBuildLogsRequest(build_id="build", min_level=WARNING, category="link")
    yield "ListBuildLogs", pb.ListBuildLogsRequest(build_id="build", page_size=3)
    belows: tuple[dict[str, Any], ...] = ({}, {"build_id": "build"}, {"project_id": "app"})
    for below in belows:
        yield "ListCrashLogs", pb.ListCrashLogsRequest(**below, page_size=1)
        yield "ListCrashLogs", pb.ListCrashLogsRequest(**below, fixed=False, page_size=1)
    yield "SearchBuildLogs", pb.SearchBuildLogsRequest(build_id="build", query="line 7", context_lines=2)
    yield "SearchBuildLogs", pb.SearchBuildLogsRequest(project_id="app", query="l.ne", regex=True)


def _build_lists() -> Iterator[dict[str, Any]]:
    for above in ({}, {"project_id": "app"}, {"scheme_ids": ["debug"]}, {"scheme_ids": ["debug", "release"]}):
        for version in ({}, {"version_string": "1.0"}):
            for statuses in ({}, {"statuses": [RUNNING]}, {"statuses": [RUNNING, COMPLETED]}):
                yield above | version | statuses
                yield above | version | statuses | {"labels": {"nightly": "yes", "team": "core"}}


def streams() -> Iterator[Call]:
    """Each stream, of which the first message is enough: later ones read the same."""
    yield "StreamAllProjectIds", pb.StreamAllProjectIdsRequest()
    yield "StreamProject", pb.StreamProjectRequest(id="app")
    yield "StreamProjectVersionStrings", pb.StreamProjectVersionStringsRequest()
    yield "StreamSchemeIds", pb.StreamSchemeIdsRequest(project_id="app")
    yield "StreamScheme", pb.StreamSchemeRequest(id="debug")
    yield "StreamBuildIds", pb.StreamBuildIdsRequest(scheme_ids=["debug", "release"])
    yield "StreamBuildIds", pb.StreamBuildIdsRequest(scheme_ids=["debug"], version_string="1.0")
    yield "StreamBuild", pb.StreamBuildRequest(id="build")
    yield "StreamLatestBuilds", pb.StreamLatestBuildsRequest(project_id="app", limit=2)
    yield "StreamLatestBuilds", pb.StreamLatestBuildsRequest(project_id="app", labels={"nightly": "yes"})
    yield "StreamBuildLogIds", pb.StreamBuildLogIdsRequest(build_id="build", include_debug=True)
    yield "StreamBuildLogIds", pb.StreamBuildLogIdsRequest(build_id="build", category="compile")
    yield "StreamBuildLog", pb.StreamBuildLogRequest(id="build/5")
    yield "StreamCrashLogIds", pb.StreamCrashLogIdsRequest(build_id="build")
    yield "StreamCrashLog", pb.StreamCrashLogRequest(id="build-crash")
    yield "StreamProjectDetail", pb.StreamProjectDetailRequest(id="app")
    yield "StreamBuildVersionStrings", pb.StreamBuildVersionStringsRequest(project_id="app")
    yield "TailBuildLogs", pb.TailBuildLogsRequest(build_id="build", include_debug=True)
    yield "TailBuildLogs", pb.TailBuildLogsRequest(build_id="build", after_seq=5, category="compile")


def feed(revision: int) -> Iterator[Call]:
    """The change feed, from before the newest revision."""
    yield "StreamChanges", StreamChangesRequest(after_revision=revision - 1)


def updates() -> Iterator[Call]:
    """Values, and moves of whole branches; the end of a build, whose log is then merged."""
    yield (
        "UpdateProject",
        pb.UpdateProjectRequest(project=project(display_name="App"), update_mask=_mask("display_name")),
    )
    yield "UpdateProject", pb.UpdateProjectRequest(project=project())
    ended = build(status=COMPLETED, progress=1)
    yield "UpdateBuild", pb.UpdateBuildRequest(build=ended, update_mask=_mask("status"))
    moved = build("second", "release")
    yield "UpdateBuild", pb.UpdateBuildRequest(build=moved, update_mask=_mask("scheme_id"))
    yield "UpdateScheme", pb.UpdateSchemeRequest(scheme=scheme("debug", "other"))
    moved_log = crash_log("build-crash", "third", note="elsewhere")
    yield "UpdateCrashLog", pb.UpdateCrashLogRequest(crash_log=moved_log)


def deletions() -> Iterator[Call]:
    """Everything, the lowest first."""
    yield "DeleteCrashLog", pb.DeleteCrashLogRequest(id="build-crash")
    yield "DeleteBuildLogs", pb.DeleteBuildLogsRequest(build_id="build")
    yield "DeleteBuild", pb.DeleteBuildRequest(id="build")
    yield "DeleteScheme", pb.DeleteSchemeRequest(id="debug")
    yield "DeleteProject", pb.DeleteProjectRequest(id="app")
    yield "DeleteProject", pb.DeleteProjectRequest(id="other")
