"""Health: what a supervisor asks before it sends anyone here."""

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest as Request
from grpc_health.v1.health_pb2 import HealthCheckResponse as Response

from millstream_service import probe
from millstream_service.embedded import EmbeddedService
from millstream_service.server import Service
from tests.recorder import Recorder
from tests.refusal import refused
from tests.running import running


def check(channel: grpc.aio.Channel) -> grpc.aio.UnaryUnaryMultiCallable[Request, Response]:
    return channel.unary_unary("/grpc.health.v1.Health/Check", Request.SerializeToString, Response.FromString)


def watch(channel: grpc.aio.Channel) -> grpc.aio.UnaryStreamMultiCallable[Request, Response]:
    return channel.unary_stream("/grpc.health.v1.Health/Watch", Request.SerializeToString, Response.FromString)


@pytest.mark.parametrize(
    "name", ["", "millstream.builds.v1.BackendService", "millstream.common.v1.WatchService", "grpc.health.v1.Health"]
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


async def test_one_who_leaves_takes_the_news_from_nobody() -> None:
    async with running("sqlite:///:memory:") as service, grpc.aio.insecure_channel(service.address) as channel:
        leaving, staying = watch(channel)(Request()), watch(channel)(Request())
        async with Recorder[Response](staying) as recorder:
            async with Recorder[Response](leaving) as other:
                await other.next()
                await recorder.next()
            service._supervisor.report("the weather", "rain")
            assert (await recorder.next()).status == Response.NOT_SERVING
            assert (await check(channel)(Request())).status == Response.NOT_SERVING
            service._supervisor.report("the weather", None)
            assert (await recorder.next()).status == Response.SERVING


async def test_a_service_that_is_not_there_is_not_known() -> None:
    async with running("sqlite:///:memory:") as service, grpc.aio.insecure_channel(service.address) as channel:
        assert (await refused(check(channel)(Request(service="millstream.Nothing")))).code == "NOT_FOUND"
        async with Recorder[Response](watch(channel)(Request(service="millstream.Nothing"))) as recorder:
            assert (await recorder.next()).status == Response.SERVICE_UNKNOWN
