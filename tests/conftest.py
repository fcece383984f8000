"""What tests of the service share: a service of their own, in memory and in a file, and stubs of it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from hypothesis import HealthCheck, settings

from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.server import Service
from tests import scratch
from tests.databases import KINDS, LASTING, Databases, EmptyDatabases, Kind, NewUrl
from tests.order import spread
from tests.postgres import programs
from tests.postgres.pool import Pool
from tests.postgres.server import PostgresServer
from tests.running import none_left, running
from tests.selection import is_in_full, is_on_postgres, is_on_sqlite, is_run_in_a_file_too
from tests.stubs import Agents, Backend, Changes, Watcher

settings.register_profile(
    "quick",
    deadline=None,
    max_examples=30,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("grpc-fake", default=False):
        raise pytest.UsageError("--grpc-fake-server knows neither streams nor status details: leave it out")
    scratch.use()
    runtime = Path(tempfile.mkdtemp(prefix="ms-"))  # no test finds a service of the developer's own
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    config.add_cleanup(lambda: shutil.rmtree(runtime, ignore_errors=True))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=["both", "sqlite", "postgresql"], default="both", help=_ENGINE)
    parser.addoption("--in-full", action="store_true", help=_IN_FULL)


_ENGINE = (
    "sqlite: nothing is tested on PostgreSQL, nor in memory what is tested in a file; "
    "postgresql: clients and commands, too, are tested on it, and nothing is tested a second time on SQLite"
)
_IN_FULL = "also what is marked with in_full: all of the handlers on PostgreSQL, and the long form of slow proofs"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if _is_left_out(config, item)]
    config.hook.pytest_deselected(items=left_out)
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = spread([item for item in items if not _is_left_out(config, item)], workers)


def _is_left_out(config: pytest.Config, item: pytest.Item) -> bool:
    engine = config.getoption("engine")
    if engine == "postgresql":
        return is_on_sqlite(item)
    if engine == "sqlite" and (is_on_postgres(item) or is_run_in_a_file_too(item)):
        return True
    return is_in_full(item) and not config.getoption("in_full")


@pytest.hookimpl(optionalhook=True)  # scripts/mutate runs without xdist
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests also wait, for other processes and for timers."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def millstream_database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new database for the service of `millstream.testing`."""
    kind: Kind = "postgres" if request.config.getoption("engine") == "postgresql" else "file"
    with Databases(kind, tmp_path, lambda: request.getfixturevalue("postgres_pool")) as new_url:
        yield new_url()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this run, started once it is asked for. Tests make databases of their own in it."""
    if programs.folder() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_pool(postgres: PostgresServer) -> Iterator[Pool]:
    """Databases in it that are used again."""
    pool = Pool(postgres)
    yield pool
    pool.close()


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """The kinds of database that a test runs on: each."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def new_url(database_kind: Kind, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[NewUrl]:
    """Makes databases: a new one with each call."""
    with Databases(database_kind, tmp_path, lambda: request.getfixturevalue("postgres_pool")) as new_url:
        yield new_url


@pytest.fixture
def database_url(new_url: NewUrl) -> str:
    """The URL of a new database."""
    return new_url()


@pytest.fixture(params=LASTING)
def lasting_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new database that several may open, at once or one after the other."""
    with Databases(request.param, tmp_path, lambda: request.getfixturevalue("postgres_pool")) as new_url:
        yield new_url()


@pytest.fixture(params=LASTING)
def empty_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The same of a database that has nothing in it, not even tables."""
    with EmptyDatabases(request.param, tmp_path, lambda: request.getfixturevalue("postgres_pool")) as new_url:
        yield new_url()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """The URL of a new database in a file."""
    return f"sqlite:///{tmp_path / 'millstream.sqlite3'}"


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    """A service in the event loop of the test."""
    async with running(database_url) as service:
        yield service


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the service. Once the test is done, its streams have left no task behind."""
    before = asyncio.all_tasks()
    async with grpc.aio.insecure_channel(service.address) as channel:
        yield channel
    await none_left(before, "the streams were cancelled")


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Backend:
    return BackendServiceStub(channel)


@pytest.fixture
def changes(channel: grpc.aio.Channel) -> Changes:
    return ChangeServiceStub(channel)


@pytest.fixture
def watcher(channel: grpc.aio.Channel) -> Watcher:
    return WatchServiceStub(channel)


@pytest.fixture
def agents(channel: grpc.aio.Channel) -> Agents:
    return AgentServiceStub(channel)


# pytest-grpc's fixtures for blocking stubs, on a service as it is: an asynchronous server on a thread of its own.


@pytest.fixture(scope="module")
def grpc_server() -> Iterator[EmbeddedService]:
    with EmbeddedService(Config(listen="127.0.0.1:0", database="sqlite:///:memory:")) as service:
        yield service


@pytest.fixture(scope="module")
def grpc_addr(grpc_server: EmbeddedService) -> str:
    return grpc_server.address
