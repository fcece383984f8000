"""Each of the 14 streams of builds against a model, over real gRPC, whatever is written in whatever order.

`machine` says what is promised, and `model` what is right. HYPOTHESIS_PROFILE=thorough runs many more examples.
"""

import asyncio
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream_service.store.entities import purge
from tests.databases import KINDS, Kind, NewUrl
from tests.entities import DEBUG, ERROR, INFO, append, at
from tests.reactive.machine import WatchingMachine, check_streams, dice, masks, patient, settles, streams_of
from tests.reactive.model import NEWEST_VERSION_FIRST, Model
from tests.reactive.watches import Subject, Watch

pytestmark = pytest.mark.slow(10)

projects = st.sampled_from(["alpha", "beta"])
schemes = st.sampled_from(["s1", "s2", "s3"])
builds = st.sampled_from(["b1", "b2", "b3", "b4"])
crash_logs = st.sampled_from(["c1", "c2"])
times = st.integers(0, 3).map(at)
versions = st.sampled_from(NEWEST_VERSION_FIRST)
statuses = st.integers(1, 5)
levels = st.sampled_from([DEBUG, INFO, ERROR])
categories = st.sampled_from([None, "stdout", "stderr"])


def entries(least: int = 1) -> st.SearchStrategy[list[BuildLogEntry]]:
    one = st.builds(
        BuildLogEntry, content=st.sampled_from(["", "x"]), level=levels, category=categories, created_at=times
    )
    return st.lists(one, min_size=least, max_size=4)


SUBJECTS = (
    Subject(pb.StreamAllProjectIdsRequest(), "project_ids", append=True),
    Subject(pb.StreamProjectRequest(id="alpha")),
    Subject(pb.StreamProjectVersionStringsRequest()),
    Subject(pb.StreamSchemeIdsRequest(project_id="alpha"), "scheme_ids", append=True),
    Subject(pb.StreamSchemeRequest(id="s1")),
    Subject(pb.StreamBuildIdsRequest(scheme_ids=["s1", "s2"]), "build_ids", append=True),
    Subject(pb.StreamBuildIdsRequest(scheme_ids=["s1"], version_string="1.9"), "build_ids"),
    Subject(pb.StreamBuildRequest(id="b1"), min_interval=0.02),
    Subject(pb.StreamBuildRequest(id="b1")),
    Subject(pb.StreamLatestBuildsRequest(project_id="alpha", limit=2)),
    Subject(pb.StreamBuildLogIdsRequest(build_id="b1"), "build_log_ids", append=True),
    Subject(pb.StreamBuildLogIdsRequest(build_id="b1", include_debug=True, category="stderr"), "build_log_ids"),
    Subject(pb.StreamBuildLogRequest(id="b1/2")),
    Subject(pb.StreamCrashLogIdsRequest(build_id="b1"), "crash_log_ids", append=True),
    Subject(pb.StreamCrashLogRequest(id="c1")),
    Subject(pb.StreamProjectDetailRequest(id="alpha")),
    Subject(pb.StreamBuildVersionStringsRequest(project_id="alpha")),
)
"""Each of the 14 streams, some of them twice."""


class StreamsMachine(WatchingMachine):
    """Writes to what builds are about."""

    def __init__(self, url: str) -> None:
        super().__init__(url, Model(), [Watch(subject) for subject in SUBJECTS])

    async def call(self, rpc: str, request: Any) -> tuple[Any, int | None]:
        if rpc != "AppendBuildLogs":
            return await super().call(rpc, request)
        batch = (request.entries, request.build_id, request.writer_id, request.first_entry)
        return await append(self.backend, *batch), None

    @initialize()
    def begin(self) -> None:
        """Enough to begin with, so that most writes find what they are about."""
        self.begin_watching()
        first = Project(bundle_identifier="alpha", name="alpha", created_at=at(0))
        below = [Scheme(id=key, name=key) for key in ("s1", "s3")]
        self.write("CreateProject", pb.CreateProjectRequest(project=first, schemes=below))
        second = Project(bundle_identifier="beta", name="beta", created_at=at(1))
        self.write("CreateProject", pb.CreateProjectRequest(project=second, schemes=[Scheme(id="s2", name="s2")]))
        for key in ("b1", "b2"):
            one = Build(id=key, scheme_id="s1", version_string="1.9", created_at=at(0), status="BUILD_STATUS_RUNNING")
            self.write("CreateBuild", pb.CreateBuildRequest(build=one))
        lines = [BuildLogEntry(level=level, category="stderr", created_at=at(0)) for level in (DEBUG, INFO)]
        self.write(
            "AppendBuildLogs", pb.AppendBuildLogsRequest(build_id="b1", writer_id="v", first_entry=1, entries=lines)
        )

    # Rules: one for each way to write.

    @rule(key=projects, time=times, news=st.lists(schemes, max_size=2, unique=True), settle=settles)
    def create_project(self, key: str, time: Any, news: list[str], settle: bool) -> None:
        request = pb.CreateProjectRequest(
            project=Project(bundle_identifier=key, name=key, created_at=time),
            schemes=[Scheme(id=new, name=new) for new in news],
        )
        self.write("CreateProject", request, settle=settle)

    @rule(key=projects, name=st.sampled_from(["x", "y"]), mask=masks("name", "display_name"), settle=settles)
    def update_project(self, key: str, name: str, mask: Any, settle: bool) -> None:
        project = Project(bundle_identifier=key, name=name, display_name=name)
        self.write("UpdateProject", pb.UpdateProjectRequest(project=project, update_mask=mask), settle=settle)

    @rule(key=projects, settle=settles, sure=dice)
    def delete_project(self, key: str, settle: bool, sure: bool) -> None:
        if sure:
            self.write("DeleteProject", pb.DeleteProjectRequest(id=key), settle=settle)

    @rule(key=schemes, project=projects, order=st.integers(-1, 1), settle=settles)
    def create_scheme(self, key: str, project: str, order: int, settle: bool) -> None:
        scheme = Scheme(id=key, project_bundle_identifier=project, name=key, order=order)
        self.write("CreateScheme", pb.CreateSchemeRequest(scheme=scheme), settle=settle)

    @rule(
        key=schemes,
        project=projects,
        order=st.integers(-1, 1),
        mask=masks("project_bundle_identifier", "order", "name"),
        settle=settles,
    )
    def update_scheme(self, key: str, project: str, order: int, mask: Any, settle: bool) -> None:
        scheme = Scheme(id=key, project_bundle_identifier=project, name=f"{key} {order}", order=order)
        self.write("UpdateScheme", pb.UpdateSchemeRequest(scheme=scheme, update_mask=mask), settle=settle)

    @rule(key=schemes, settle=settles, sure=dice)
    def delete_scheme(self, key: str, settle: bool, sure: bool) -> None:
        if sure:
            self.write("DeleteScheme", pb.DeleteSchemeRequest(id=key), settle=settle)

    @rule(key=builds, scheme=schemes, version=versions, time=times, settle=settles)
    def create_build(self, key: str, scheme: str, version: str, time: Any, settle: bool) -> None:
        build = Build(id=key, scheme_id=scheme, version_string=version, created_at=time, status="BUILD_STATUS_QUEUED")
        self.write("CreateBuild", pb.CreateBuildRequest(build=build), settle=settle)

    @rule(
        key=builds,
        scheme=schemes,
        version=versions,
        status=statuses,
        progress=st.sampled_from([0.0, 0.5, 1.0]),
        mask=masks("scheme_id", "version_string", "status", "progress"),
        settle=settles,
    )
    def update_build(
        self, key: str, scheme: str, version: str, status: Any, progress: float, mask: Any, settle: bool
    ) -> None:
        build = Build(id=key, scheme_id=scheme, version_string=version, status=status, progress=progress)
        self.write("UpdateBuild", pb.UpdateBuildRequest(build=build, update_mask=mask), settle=settle)

    @rule(key=builds, settle=settles, sure=dice)
    def delete_build(self, key: str, settle: bool, sure: bool) -> None:
        if sure:
            self.write("DeleteBuild", pb.DeleteBuildRequest(id=key), settle=settle)

    @rule(key=crash_logs, build=builds, time=times, settle=settles)
    def create_crash_log(self, key: str, build: str, time: Any, settle: bool) -> None:
        crash_log = CrashLog(
            incident_identifier=key, build_id=build, created_at=time, priority="CRASH_LOG_PRIORITY_LOW"
        )
        self.write("CreateCrashLog", pb.CreateCrashLogRequest(crash_log=crash_log), settle=settle)

    @rule(key=crash_logs, build=builds, fixed=st.booleans(), mask=masks("build_id", "fixed"), settle=settles)
    def update_crash_log(self, key: str, build: str, fixed: bool, mask: Any, settle: bool) -> None:
        crash_log = CrashLog(incident_identifier=key, build_id=build, fixed=fixed, priority="CRASH_LOG_PRIORITY_LOW")
        request = pb.UpdateCrashLogRequest(crash_log=crash_log, update_mask=mask)
        self.write("UpdateCrashLog", request, settle=settle)

    @rule(key=crash_logs, settle=settles)
    def delete_crash_log(self, key: str, settle: bool) -> None:
        self.write("DeleteCrashLog", pb.DeleteCrashLogRequest(id=key), settle=settle)

    @rule(build=builds, level=levels, category=categories, settle=settles)
    def create_build_log(self, build: str, level: Any, category: str | None, settle: bool) -> None:
        line = BuildLog(build_id=build, level=level, category=category, content="one", created_at=at(0))
        self.write("CreateBuildLog", pb.CreateBuildLogRequest(build_log=line), settle=settle)

    @rule(build=st.one_of(st.just("b1"), builds), writer=st.sampled_from("vw"), first=st.integers(1, 6), new=entries())
    def append_build_logs(self, build: str, writer: str, first: int, new: list[BuildLogEntry]) -> None:
        request = pb.AppendBuildLogsRequest(build_id=build, writer_id=writer, first_entry=first, entries=new)
        self.write("AppendBuildLogs", request)

    @rule(build=st.one_of(st.just("b1"), builds), settle=settles)
    def delete_build_logs(self, build: str, settle: bool) -> None:
        self.write("DeleteBuildLogs", pb.DeleteBuildLogsRequest(build_id=build), settle=settle)

    @rule(progress=st.sampled_from([0.25, 0.75]))
    def update_all_builds_at_once(self, progress: float) -> None:
        """Writes that are under way together are committed together, in some order, and have one revision."""
        self.run(self._update_all(progress))
        self.run(self.settle())

    async def _update_all(self, progress: float) -> None:
        requests = [
            pb.UpdateBuildRequest(build=Build(id=key, progress=progress), update_mask={"paths": ["progress"]})
            for key in self.model.builds
        ]
        answers = await asyncio.gather(*(self.backend.UpdateBuild(request) for request in requests))
        for revision in sorted({answer.revision for answer in answers}):
            for request, answer in zip(requests, answers, strict=True):
                if answer.revision == revision:
                    self.model.UpdateBuild(request)
            self.note(revision)


@patient
@pytest.mark.parametrize("database_kind", KINDS, indirect=True)
def test_streams_are_as_the_model_says(database_kind: Kind, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "MAX_ROWS", 2)  # what is deleted is seldom taken away at once
    check_streams(StreamsMachine, database_kind, new_url)


def test_every_stream_is_watched() -> None:
    streams = streams_of(pb.DESCRIPTOR.services_by_name["BackendService"])
    assert {subject.rpc for subject in SUBJECTS} == streams
    assert len(streams) == 14
