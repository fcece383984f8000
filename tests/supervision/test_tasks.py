"""Every task of the service fails: it goes on with its work, and where it fails for good, the service ends."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.builds.v1.build_pb2 import BUILD_STATUS_COMPLETED
from millstream_service import background, collector
from millstream_service.errors import ServiceFailedError
from millstream_service.rpc import calls as calls_module
from millstream_service.rpc import listening
from millstream_service.server import SERVICES, Service
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database import file_guard
from millstream_service.store.database.database import Database
from millstream_service.store.engines import sqlite
from millstream_service.store.entities import purging
from millstream_service.store.logs import retention
from millstream_service.store.writing.group_commit import GroupCommit
from tests import entities
from tests.deadline import patience, within
from tests.handlers.test_health import check
from tests.recorder import Recorder
from tests.running import running
from tests.store.family import create, group_of, project
from tests.store.opening import opened
from tests.stubs import Backend
from tests.supervision.faults import FAULTS, Fault, plant

each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.task)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything come round often, and be begun afresh soon."""
    monkeypatch.setattr(background, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(collector, "NEEDED", True)
    for module, name in (
        (collector, "SECONDS"),
        (sqlite, "WATCH_SECONDS"),
        (file_guard, "LOOK_SECONDS"),
        (calls_module, "_SWEEP_SECONDS"),
        (listening, "_LOOK_SECONDS"),
        (purging, "LOOK_SECONDS"),
        (retention, "ROUND_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 0.01)


@dataclass
class Scene:
    """A service with a watch, on a store to which another process writes, and beside another on the user's socket."""

    service: Service
    channel: grpc.aio.Channel
    stub: Backend
    watch: Recorder[pb.StreamAllProjectIdsResponse]
    other: Database

    async def shows(self, *ids: str) -> None:
        """Wait until the watch shows these projects."""
        await self.watch.until(lambda messages: set(messages[-1].project_ids) == set(ids), f"{ids} were shown")

    async def statuses(self) -> set[int]:
        """Return what health says, of each service and of all."""
        names = ["", *(one.full_name for one in SERVICES)]
        return {(await within(check(self.channel)(HealthCheckRequest(service=name)))).status for name in names}


@asynccontextmanager
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    url, socket = f"sqlite:///{tmp_path / 'store.sqlite3'}", tmp_path / "user.sock"
    async with running("sqlite:///:memory:", user_socket=socket), AsyncExitStack() as stack:
        service = await stack.enter_async_context(running(url, user_socket=socket, keep_logs_days=1))
        other = stack.enter_context(opened(url))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(service.address))
        stub: Backend = BackendServiceStub(channel)
        watch = Recorder[pb.StreamAllProjectIdsResponse](stub.StreamAllProjectIds(pb.StreamAllProjectIdsRequest()))
        await (await stack.enter_async_context(watch)).has(1)
        yield Scene(service, channel, stub, watch, other)


class Pokes:
    """Gives every task something to do, again and again: writes of ours, and of another process."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._others = GroupCommit(scene.other)
        self._count = 0
        self._watches: list[Any] = []
        self.stored: list[str] = []

    async def poke(self) -> None:
        """Write; what is refused is nothing to worry about here."""
        self._count += 1
        ours, theirs = f"ours{self._count}", f"theirs{self._count}"
        group = group_of(create(PROJECTS, project(theirs)))
        if await asyncio.to_thread(self._others.write, group) is not None:
            self.stored.append(theirs)
        try:
            await within(self._write(ours))
        except grpc.aio.AioRpcError:
            return
        self.stored.append(ours)
        self._begin_to_watch(ours)

    def _begin_to_watch(self, key: str) -> None:
        """Have something be read for the first time, short and long."""
        stub = self._scene.stub
        self._watches.append(stub.StreamProject(pb.StreamProjectRequest(id=key)))
        self._watches.append(stub.StreamBuildLogIds(pb.StreamBuildLogIdsRequest(build_id=key)))

    async def see_all(self) -> None:
        """Wait for the first message of each watch, and end it."""
        for watch in self._watches:
            assert (await within(watch.read())) is not grpc.aio.EOF
            watch.cancel()

    async def _write(self, key: str) -> None:
        """Store a project with a build that ends."""
        stub, ended = self._scene.stub, entities.build(key, key, status=BUILD_STATUS_COMPLETED)
        await entities.add_build(stub, key, project_id=key, scheme_id=key)
        await stub.UpdateBuild(pb.UpdateBuildRequest(build=ended, update_mask=FieldMask(paths=["status"])))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Go on until a condition holds."""
        async with asyncio.timeout(patience(20)):
            while not condition():
                await self.poke()
                await asyncio.sleep(0)
        assert condition(), what


@each_fault
async def test_what_fails_is_begun_afresh_and_does_its_work(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    planted = plant(monkeypatch, fault, times=2)
    async with scene(tmp_path) as it:
        pokes = Pokes(it)
        await pokes.poke()
        planted.armed = True
        await pokes.until(lambda: planted.left == 0 and planted.calls > 0, "it failed, and then did its work")
        await pokes.poke()
        await it.shows(*pokes.stored)
        await pokes.see_all()
        assert await it.statuses() == {HealthCheckResponse.SERVING}
    assert caplog.text.count(f"{fault.task} has failed and starts again") == 2


@each_fault
async def test_what_fails_for_good_ends_the_service(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant(monkeypatch, fault, times=math.inf)
    async with scene(tmp_path) as it:
        over = asyncio.create_task(it.service.until(asyncio.Event()))
        planted.armed = True
        await Pokes(it).until(over.done, "the service has failed")
        with pytest.raises(ServiceFailedError, match=f"the service has failed: {fault.task}: RuntimeError: planted"):
            await over
        assert await it.statuses() == {HealthCheckResponse.NOT_SERVING}


async def test_every_task_that_runs_has_a_fault(tmp_path: Path) -> None:
    async with scene(tmp_path):
        running_now = {task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("millstream-")}
    assert running_now == {f"millstream-{fault.task}" for fault in FAULTS}
