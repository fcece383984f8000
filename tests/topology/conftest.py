"""What docker-compose.yml describes, as processes: a database, two services, and nginx in front of them."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from millstream import AsyncClient, RetryPolicy
from tests import scratch
from tests.faults.service_process import ServiceProcess
from tests.postgres.server import PostgresServer
from tests.topology import balancer
from tests.topology.balancer import Balancer


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder whose path is short enough for unix sockets."""
    folder = Path(tempfile.mkdtemp(prefix="millstream-", dir=scratch.folder()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["file", "postgres"])
def shared_url(request: pytest.FixtureRequest, file_url: str) -> Iterator[str]:
    """The URL of a new database that several services of one machine can share."""
    if request.param == "file":
        yield file_url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create_database("topology")
    server.drop_database("topology")


@pytest.fixture
async def services(sockets: Path, shared_url: str) -> AsyncIterator[dict[str, ServiceProcess]]:
    """Two services on one database, each on a socket of its own, started at the same time."""
    made = {name: _service(sockets, name, shared_url) for name in ("a", "b")}
    try:
        await asyncio.gather(*(asyncio.to_thread(service.start) for service in made.values()))
        yield made
    finally:
        for service in made.values():
            service.close()


def _service(sockets: Path, name: str, database: str) -> ServiceProcess:
    folder = sockets / name
    folder.mkdir()
    return ServiceProcess(folder, listen=f"unix:{sockets / name}.sock", database=database)


@pytest.fixture
def nginx(sockets: Path, services: dict[str, ServiceProcess]) -> Iterator[Balancer]:
    """The load balancer."""
    if balancer.program() is None:
        pytest.skip("nginx is not installed: apt-get install nginx")
    with Balancer(sockets) as running:
        yield running


@pytest.fixture
async def client(nginx: Balancer) -> AsyncIterator[AsyncClient]:
    """A client that knows the balancer alone."""
    async with AsyncClient(nginx.address, retry=RetryPolicy(max_attempts=20)) as client:
        yield client
