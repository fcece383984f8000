"""Clients behind a load balancer notice nothing of it, nor of a service that dies: they come back through the other."""

import asyncio
import subprocess
import urllib.request
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import grpc
import psutil
import pytest

from millstream import AsyncClient, Build, BuildLog
from millstream.errors import MillstreamError, NotFoundError
from millstream.transport.retry import NO_RETRIES
from millstream_service import probe
from tests.deadline import first, patience
from tests.faults.records import SCHEME, assert_whole, at, fill, new_build, numbered
from tests.faults.service_process import ServiceProcess
from tests.topology import balancer
from tests.topology.balancer import Balancer

pytestmark = pytest.mark.slow

Services = dict[str, ServiceProcess]


@pytest.mark.skipif(balancer.program() is None, reason="nginx is not installed")
def test_nginx_takes_the_configuration_as_it_is(sockets: Path) -> None:
    done = subprocess.run(Balancer(sockets).command("-t"), capture_output=True, text=True, timeout=patience(30))
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_its_health_can_be_asked_for(nginx: Balancer) -> None:
    with urllib.request.urlopen(f"http://{nginx.health}/", timeout=patience(10)) as answer:
        assert answer.status == 200
    assert probe.state(nginx.address) == "SERVING"


async def test_calls_are_shared_out_and_errors_come_through_whole(client: AsyncClient, services: Services) -> None:
    build_id = await new_build(client)
    async with (
        asyncio.timeout(patience(30)),
        aclosing(client.builds.watch_build(build_id)) as one,
        aclosing(client.builds.watch_build(build_id)) as other,
    ):
        for watch in (one, other):
            await first(watch, at(0.0), "the build")
        while not all(
            _is_connected(service) for service in services.values()
        ):  # each of nginx's workers counts by itself
            await client.builds.get_build(build_id)
        await client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"])
        for watch in (one, other):
            await first(watch, at(0.5), "the update, through either service")
    with pytest.raises(NotFoundError) as caught:
        await client.builds.get_build("nothing")
    assert caught.value.metadata["id"] == "nothing"


def _is_connected(service: ServiceProcess) -> bool:
    """Whether anyone is connected to a service's socket: the socket that listens is there in any case.

    Both have the name that it was bound to, in a folder beside the address, before it was moved there.
    """
    beside = Path(service.address.removeprefix("unix:")).parent
    sockets = psutil.Process(service.process.pid).net_connections("unix")
    names = Counter(str(one.laddr) for one in sockets if str(one.laddr).startswith(f"{beside}/"))
    return max(names.values(), default=0) > 1


async def test_a_long_log_passes_in_both_directions(client: AsyncClient) -> None:
    build_id = await new_build(client)
    async with asyncio.timeout(patience(60)):
        await fill(client, build_id, 20_000, 150)  # 3 MB: more than a body may have by nginx's defaults
        assert_whole([line async for line in client.builds.tail_build_logs(build_id)], 20_000, 150)


@pytest.mark.parametrize("victim", ["a", "b"])
async def test_streams_go_on_through_the_other_service_when_one_is_killed(
    client: AsyncClient, services: Services, victim: str
) -> None:
    build_id = await new_build(client)
    tails = [asyncio.create_task(_tail(client, build_id)) for _ in range(4)]
    async with asyncio.timeout(patience(60)), aclosing(client.builds.watch_build(build_id)) as watch:
        await first(watch, at(0.0), "the build")
        async with client.builds.log_writer(build_id) as log:
            for number in range(1, 2_001):
                await log.write(numbered(number, 100))
                if number == 700:
                    await log.flush()
                    services[victim].kill()
                if number == 1_400:
                    await log.flush()
                    await asyncio.to_thread(services[victim].start)
        await client.builds.update_build(
            Build(id=build_id, progress=1.0, status="BUILD_STATUS_COMPLETED"), ["progress", "status"]
        )
        await first(watch, at(1.0), "the last update")
        for lines in await asyncio.gather(*tails):
            assert_whole(lines, 2_000, 100)


async def _tail(client: AsyncClient, build_id: str) -> list[BuildLog]:
    return [line async for line in client.builds.tail_build_logs(build_id, follow=True)]


async def test_with_no_service_left_calls_fail_as_unavailable_and_come_back_with_the_first(
    client: AsyncClient, nginx: Balancer, services: Services
) -> None:
    build_id = await new_build(client)
    async with asyncio.timeout(patience(60)), aclosing(client.builds.watch_build(build_id)) as watch:
        await first(watch, at(0.0), "the build")
        for service in services.values():
            service.stop()
        async with AsyncClient(nginx.address, retry=NO_RETRIES) as hasty:
            with pytest.raises(MillstreamError) as caught:
                await hasty.builds.get_build(build_id)
        assert caught.value.code is grpc.StatusCode.UNAVAILABLE
        await asyncio.to_thread(services["b"].start)
        await client.builds.update_build(Build(id=build_id, progress=0.5), ["progress"])
        await first(watch, at(0.5), "the update")
    assert {build.id async for build in client.builds.list_builds(scheme_ids=[SCHEME])} == {build_id}
