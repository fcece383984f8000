"""A secret neither comes out over TCP nor can it be changed there; over the socket it can."""

import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream_service.config import Config
from millstream_service.security.keys import Secret
from millstream_service.server import Service
from tests.handlers.agents.entities import next_of
from tests.refusal import refused
from tests.stubs import Agents, Changes

CANARY = "ghp_canary0123456789abcdefghijklmnopqrst"
KEY = "github.token"


class Door:
    """One way into the service."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address)
        self.agents: Agents = AgentServiceStub(self._channel)
        self.changes: Changes = ChangeServiceStub(self._channel)

    async def set(self, value: str, *, encrypted: bool, key: str = KEY) -> pb.SetConfigResponse:
        return await self.agents.SetConfig(pb.SetConfigRequest(key=key, value=value, encrypted=encrypted))

    async def get(self, key: str = KEY) -> str:
        return (await self.agents.GetConfig(pb.GetConfigRequest(key=key))).config_entry.value

    async def delete(self) -> None:
        await self.agents.DeleteConfig(pb.DeleteConfigRequest(key=KEY))

    async def close(self) -> None:
        await self._channel.close()


@pytest.fixture(params=["127.0.0.1:0", "[::1]:0"])
async def doors(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Callable[..., Awaitable[tuple[Door, Door]]]]:
    """Start a service with a key: its ways in, by TCP and by its socket."""
    services: list[Service] = []
    open_ones: list[Door] = []

    async def start(*, secrets_over_tcp: bool = False) -> tuple[Door, Door]:
        listen = (request.param, f"unix:{tmp_path}/socket")
        secret = Secret(b64encode(secrets.token_bytes(32)).decode(), "here")
        config = Config(listen, database=database_url, secret=secret, secrets_over_tcp=secrets_over_tcp)
        services.append(await Service(config).__aenter__())
        open_ones.extend(Door(address) for address in services[-1].addresses)
        return open_ones[-2], open_ones[-1]

    yield start
    for door in open_ones:
        await door.close()
    for service in services:
        await service.__aexit__()


Doors = Callable[..., Awaitable[tuple[Door, Door]]]


async def test_over_tcp_a_secret_is_neither_given_out_nor_changed(doors: Doors) -> None:
    tcp, socket = await doors()
    await socket.set(CANARY, encrypted=True)
    for call in (tcp.get(), tcp.set("mine", encrypted=True), tcp.set("mine", encrypted=False), tcp.delete()):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "SECRET_OVER_TCP")
        assert refusal.metadata == {"key": KEY}
        assert CANARY not in str(refusal)
    assert await socket.get() == CANARY


async def test_over_tcp_no_stream_list_or_feed_tells_it(doors: Doors) -> None:
    tcp, socket = await doors()
    written = await socket.set(CANARY, encrypted=True)
    shown = (await next_of(tcp.agents.StreamConfig(pb.StreamConfigRequest(key=KEY)))).config_entry
    listed = (await tcp.agents.ListConfig(pb.ListConfigRequest())).config_entries
    assert [(one.key, one.encrypted, one.value) for one in (shown, *listed)] == [(KEY, True, "")] * 2
    reported = await next_of(tcp.changes.StreamChanges(StreamChangesRequest(after_revision=written.revision - 1)))
    assert CANARY not in str(reported)


async def test_over_tcp_all_else_goes_on(doors: Doors) -> None:
    tcp, socket = await doors()
    await tcp.set("trunk", encrypted=False, key="branch")
    await tcp.set("main", encrypted=False, key="branch")
    assert await tcp.get("branch") == await socket.get("branch") == "main"
    await tcp.set(CANARY, encrypted=True)
    assert (await refused(tcp.get())).reason == "SECRET_OVER_TCP"
    assert await socket.get() == CANARY
    assert (await refused(tcp.get("none"))).reason == "CONFIG_NOT_FOUND"


async def test_over_the_socket_a_secret_can_be_changed(doors: Doors) -> None:
    _, socket = await doors()
    await socket.set(CANARY, encrypted=True)
    await socket.set("another", encrypted=True)
    assert await socket.get() == "another"
    await socket.delete()
    assert (await refused(socket.get())).reason == "CONFIG_NOT_FOUND"


async def test_secrets_over_tcp_are_for_those_who_want_them(doors: Doors) -> None:
    tcp, _ = await doors(secrets_over_tcp=True)
    await tcp.set(CANARY, encrypted=True)
    await tcp.set("another", encrypted=True)
    assert await tcp.get() == "another"
    await tcp.delete()
