"""Clients of a store that was restored from a backup: none goes on from a place that stands for something else now."""

import shutil
from pathlib import Path

import grpc

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from tests.entities import add_build, append_texts
from tests.faults.service_process import ServiceProcess
from tests.recorder import Recorder
from tests.refusal import refused
from tests.stubs import Backend, Changes

PAGE = pb.ListBuildsRequest(page_size=1)


class Client:
    """What a client keeps: its place in the feed, in a stream, and in a list."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.token = b""
        self.page_token = ""

    async def write(self, *texts: str) -> None:
        async with grpc.aio.insecure_channel(self._address) as channel:
            for seq, text in enumerate(texts, 1):
                await append_texts(BackendServiceStub(channel), text, build_id="one", first=seq)

    async def look(self) -> None:
        """Take a place in a stream and in a list."""
        async with grpc.aio.insecure_channel(self._address) as channel:
            stub: Backend = BackendServiceStub(channel)
            self.token = (await _first(stub, b"")).position.resume_token
            self.page_token = (await stub.ListBuilds(PAGE)).next_page_token
            assert self.page_token
            assert await self.stands(stub)

    async def stands(self, stub: Backend) -> bool:
        """Return whether the place in the stream still is one."""
        return (await _first(stub, self.token)).position.unchanged

    async def page(self, stub: Backend) -> pb.ListBuildsResponse:
        return await stub.ListBuilds(pb.ListBuildsRequest(page_size=1, page_token=self.page_token))


async def _first(stub: Backend, token: bytes) -> pb.StreamProjectResponse:
    request = pb.StreamProjectRequest(id="app")
    request.options.resume_token = token
    async with Recorder[pb.StreamProjectResponse](stub.StreamProject(request)) as stream:
        return await stream.next()


async def _follow(address: str, request: StreamChangesRequest) -> StreamChangesResponse:
    async with grpc.aio.insecure_channel(address) as channel:
        changes: Changes = ChangeServiceStub(channel)
        call = changes.StreamChanges(request)
        async for message in call:
            call.cancel()
            return message
    raise AssertionError("a feed goes on")


async def test_who_followed_the_old_store_is_told_so_though_the_new_one_is_ahead(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path)
    service.start()
    try:
        async with grpc.aio.insecure_channel(service.address) as channel:
            await add_build(BackendServiceStub(channel), "one", "two")
        service.stop()
        shutil.copyfile(service.path, tmp_path / "backup")
        service.start()
        client = Client(service.address)
        await client.write("lost", "lost, too")
        await client.look()
        first = await _follow(service.address, StreamChangesRequest(after_revision=3))
        service.kill()
        service.start()
        going_on = StreamChangesRequest(after_revision=3, store_id=first.store_id)
        assert (await _follow(service.address, going_on)).revision == 4, "a kill makes nobody another store"
        service.kill()
        _restore(service.path, tmp_path / "backup")
        service.start()
        await client.write("new", "newer", "newest")
        refusal = await refused(_follow(service.address, going_on))
        assert (refusal.code, refusal.reason) == ("OUT_OF_RANGE", "REVISION_COMPACTED")
        anew = await _follow(service.address, StreamChangesRequest(after_revision=3))
        assert anew.store_id.hex() == refusal.metadata["store_id"] != first.store_id.hex()
        await _starts_afresh(service.address, client)
        assert "restored from a backup" in service.errors
    finally:
        service.close()


def _restore(path: Path, backup: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(backup, path)


async def _starts_afresh(address: str, client: Client) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Backend = BackendServiceStub(channel)
        assert not await client.stands(stub)
        assert (await refused(client.page(stub))).reason == "INVALID_PAGE_TOKEN"
