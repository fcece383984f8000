"""Health: what a supervisor asks before it sends anyone here."""

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest as Request
from grpc_health.v1.health_pb2 import HealthCheckResponse as Response

from millstream_service import probe
from millstream_service.embedded import EmbeddedService
from millstream_service.server import Service
from tests.recorder import Recorder
from tests.running import running


def check(channel: grpc.aio.Channel) -> grpc.aio.UnaryUnaryMultiCallable[Request, Response]:
    return channel.unary_unary("/grpc.health.v1.Health/Check", Request.SerializeToString, Response.FromString)


def watch(channel: grpc.aio.Channel) -> grpc.aio.UnaryStreamMultiCallable[Request, Response]:
    return channel.unary_stream("/grpc.health.v1.Health/Watch", Request.SerializeToString, Response.FromString)


@pytest.mark.parametrize(
    "name", ["", "millstream.builds.v1.BackendService", "millstream.common.v1.ChangeService", "grpc.health.v1.Health"]
)
async def test_every_service_is_serving(channel: grpc.aio.Channel, name: str) -> None:
    answer = await check(channel)(Request(service=name))
    assert answer.status == Response.SERVING


async def test_a_watcher_is_told_before_the_service_ends() -> None:
    async with running("sqlite:///:memory:") as service, grpc.aio.insecure_channel(service.address) as channel:
        call = watch(channel)(Request())
        async with Recorder[Response](call) as recorder:
            assert (await recorder.next()).status == Response.SERVING
            await Service.__aexit__(service)
            assert (await recorder.next()).status == Response.NOT_SERVING


def test_the_probe_tells_who_serves_from_who_does_not(
    grpc_server: EmbeddedService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLSTREAM_LISTEN", grpc_server.address)
    assert probe.main([]) == 0
    assert probe.main(["unix:/nowhere/at/all.sock"]) == 1
    assert capsys.readouterr().out.split() == ["SERVING", "UNAVAILABLE"]
