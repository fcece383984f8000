"""Each of the 14 streams against a model, over real gRPC, whatever is written in whatever order.

First value at once; a new value after each relevant commit; none after an irrelevant one; the last value always;
`unchanged` on resume; never the same value twice. `watches` says how each of these is checked, `model` what is right.
That nothing came is proven by a barrier: a commit to a sentinel, whose value comes when those of all commits before it
have come. HYPOTHESIS_PROFILE=thorough runs many more examples.
"""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import grpc
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from tests.deadline import within
from tests.entities import DEBUG, ERROR, INFO, append, at
from tests.reactive.model import NEWEST_VERSION_FIRST, Model
from tests.reactive.watches import SUBJECTS, Subject, Watch
from tests.refusal import refusal_of
from tests.running import none_left, running
from tests.stubs import Backend

T = TypeVar("T")
MANY = settings.get_current_profile_name() == "thorough"
SENTINEL = "sentinel"

projects = st.sampled_from(["alpha", "beta"])
schemes = st.sampled_from(["s1", "s2", "s3"])
builds = st.sampled_from(["b1", "b2", "b3", "b4"])
crash_logs = st.sampled_from(["c1", "c2"])
times = st.integers(0, 3).map(at)
versions = st.sampled_from(NEWEST_VERSION_FIRST)
statuses = st.integers(1, 5)
levels = st.sampled_from([DEBUG, INFO, ERROR])
categories = st.sampled_from([None, "stdout", "stderr"])
watched = st.integers(0, len(SUBJECTS) - 1)
dice = st.integers(0, 2).map(lambda number: number == 0)
"""For what takes much with it: were it not rare, the store would be empty most of the time."""
settles = st.sampled_from([True, True, False])
"""Whether to wait for the values of a commit, or to go on at once: then values are conflated."""


def masks(*names: str) -> st.SearchStrategy[Any]:
    """No mask, or some of these paths."""
    some = st.lists(st.sampled_from(names), min_size=1, unique=True).map(lambda paths: {"paths": paths})
    return st.one_of(st.none(), some)


def entries(least: int = 1) -> st.SearchStrategy[list[BuildLogEntry]]:
    one = st.builds(
        BuildLogEntry, content=st.sampled_from(["", "x"]), level=levels, category=categories, created_at=times
    )
    return st.lists(one, min_size=least, max_size=4)


class StreamsMachine(RuleBasedStateMachine):
    """Writes, disconnects and restarts, on a database in memory."""

    in_memory: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.watches = [Watch(subject) for subject in SUBJECTS]
        self.sentinel = Watch(Subject(pb.StreamProjectRequest(id=SENTINEL)))
        self.revision = 0
        self.ticks = 0
        self.folder = tempfile.TemporaryDirectory()
        self.failed = False
        self.runner = asyncio.Runner()
        self.service = AsyncExitStack()
        self.channel: grpc.aio.Channel
        self.stub: Backend
        self.run(self._start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.runner.run(within(work))
        except BaseException:
            self.failed = True
            raise

    async def _start(self) -> None:
        path = Path(self.folder.name, "millstream.sqlite3")
        url = "sqlite:///:memory:" if self.in_memory else f"sqlite:///{path}"
        service = await self.service.enter_async_context(running(url))
        self.channel = grpc.aio.insecure_channel(service.address)
        self.stub = BackendServiceStub(self.channel)

    # Writing: over the wire and in the model, which must agree on how it ends.

    async def _write(self, rpc: str, request: Any) -> None:
        expected = getattr(self.model, rpc)(request)
        try:
            if rpc == "AppendBuildLogs":
                await append(self.stub, request.entries, request.build_id, request.writer_id, request.first_entry)
                revision = self.revision + bool(expected)
            else:
                revision = (await getattr(self.stub, rpc)(request)).revision
        except grpc.aio.AioRpcError as error:
            refusal = refusal_of(error)
            if refusal.reason != expected:
                raise AssertionError(f"{refusal} came where it should have been: {expected}") from None
            return
        assert not isinstance(expected, str), f"must be refused with {expected}"
        assert revision == self.revision + expected, "a commit counts up by one, what changes nothing does not"
        self._note(revision)

    def _note(self, revision: int) -> None:
        self.revision = revision
        for watch in (*self.watches, self.sentinel):
            watch.note(revision, self.model)

    async def _settle(self) -> None:
        """See the last values come, and, once the sentinel's came as well, that nothing else did."""
        for watch in self.watches:
            await watch.settle()
        self.ticks += 1
        request = pb.UpdateProjectRequest(project=Project(bundle_identifier=SENTINEL, name=f"tick {self.ticks}"))
        await self._write("UpdateProject", request)
        await self.sentinel.settle()
        for watch in self.watches:
            await watch.settle()

    def write(self, rpc: str, request: Any, *, settle: bool = True) -> None:
        self.run(self._write(rpc, request))
        if settle:
            self.run(self._settle())

    @initialize()
    def begin(self) -> None:
        """The streams are there first: of some of what they watch the store has nothing yet."""
        self._note(0)
        self.run(self._reopen([*self.watches, self.sentinel], resume=False))
        sentinel = Project(bundle_identifier=SENTINEL, name="sentinel", created_at=at(-1))
        self.write("CreateProject", pb.CreateProjectRequest(project=sentinel))
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
        self.run(self._settle())

    async def _update_all(self, progress: float) -> None:
        requests = [
            pb.UpdateBuildRequest(build=Build(id=key, progress=progress), update_mask={"paths": ["progress"]})
            for key in self.model.builds
        ]
        answers = await asyncio.gather(*(self.stub.UpdateBuild(request) for request in requests))
        for revision in sorted({answer.revision for answer in answers}):
            for request, answer in zip(requests, answers, strict=True):
                if answer.revision == revision:
                    self.model.UpdateBuild(request)
            self._note(revision)

    # Rules: how clients come and go.

    @rule(index=watched)
    def disconnect(self, index: int) -> None:
        self.run(self.watches[index].close())

    @rule(index=watched, resume=st.sampled_from([True, True, False]))
    def reconnect(self, index: int, resume: bool) -> None:
        watch = self.watches[index]
        self.run(watch.close())
        self.run(self._reopen([watch], resume=resume))

    async def _reopen(self, watches: list[Watch], *, resume: bool) -> None:
        for watch in watches:
            watch.open(self.stub, resume=resume)
        for watch in watches:
            await watch.settle()

    @precondition(lambda self: not self.in_memory)
    @rule()
    def restart(self) -> None:
        """The service ends all streams; each is resumed by its token at the next one on the same database."""
        self.run(self._restart())

    async def _restart(self) -> None:
        watches = [watch for watch in (*self.watches, self.sentinel) if watch.is_open]
        await self.service.aclose()
        for watch in watches:
            await watch.ended("SHUTTING_DOWN")
        await self.channel.close()
        await self._start()
        await self._reopen(watches, resume=True)

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.run(self._settle())
            self.run(self._end())
        finally:
            self.runner.close()
            self.folder.cleanup()

    async def _end(self) -> None:
        for watch in (*self.watches, self.sentinel):
            await watch.close(check=not self.failed)
        await self.channel.close()
        await self.service.aclose()
        await none_left(set(), "the service has ended")


class StreamsOfAFileMachine(StreamsMachine):
    """The same on a database in a file, over which the service may be restarted."""

    in_memory = False


profile = settings(
    max_examples=300 if MANY else 16,
    stateful_step_count=60 if MANY else 30,
    suppress_health_check=list(HealthCheck),
    # to make a failure small takes long: each attempt waits for a value that does not come
    phases=tuple(Phase) if MANY else (Phase.explicit, Phase.reuse, Phase.generate),
    report_multiple_bugs=False,
)
TestStreams = StreamsMachine.TestCase
TestStreams.settings = profile
TestStreamsOfAFile = StreamsOfAFileMachine.TestCase
TestStreamsOfAFile.settings = profile


def test_every_stream_is_watched() -> None:
    service = pb.DESCRIPTOR.services_by_name["BackendService"]
    streams = {method.name for method in service.methods if method.name.startswith("Stream")}
    assert {subject.rpc for subject in SUBJECTS} == streams
    assert len(streams) == 14
