"""A pytest plugin: a real service for each test that asks for one.

Fixtures:

- `millstream_service`: a service on a unix socket that nobody else can use, with a database of its own, in the test's
  `tmp_path`. It has `.address`, `.database_url`, and `stop()`, `start()` and `restart()` for tests of what happens
  meanwhile.
- `millstream_database_url`: the database of that service. Override it to have another, on PostgreSQL, say.
- `millstream_client`: a `millstream.Client` of it.
- `millstream_async_client`: a `millstream.AsyncClient` of it; needs pytest-asyncio.

The plugin comes with the package and costs nothing until a fixture is used. A test that uses one is skipped where
`millstream[server]` is not installed.
"""

import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from millstream.transport import user_socket

if TYPE_CHECKING:
    from millstream import AsyncClient, Client
    from millstream_service.embedded import EmbeddedService

# The server's own dependencies, by the names they are imported by: one that is missing means a plain install.
_SERVER_MODULES = (
    "millstream_service",
    "sqlalchemy",
    "alembic",
    "cryptography",
    "zstandard",
    "re2",
    "grpc_health",
    "grpc_reflection",
)


class MillstreamService:
    """A running service. Once it runs its address stays the same, also over a restart.

    Cycle: `start` -> running -> `stop` -> `start` … To be used by one thread at a time.
    """

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self._listen = ""
        self._embedded: EmbeddedService | None = None

    @property
    def address(self) -> str:
        """Where it listens, as a client takes it."""
        return self._listen

    def start(self) -> None:
        """Start it; it answers once this returns."""
        from millstream_service.config import Config
        from millstream_service.embedded import EmbeddedService

        self._listen = self._listen or f"unix:{user_socket.path_for(self.database_url)}"
        embedded = EmbeddedService(Config(listen=self._listen, database=self.database_url))
        embedded.__enter__()
        self._embedded = embedded
        self._listen = embedded.address

    def stop(self) -> None:
        """Stop it gracefully, if it runs."""
        embedded, self._embedded = self._embedded, None
        if embedded is not None:
            embedded.__exit__(None, None, None)

    def restart(self) -> None:
        """Stop it and start it again on the same address and the same database."""
        self.stop()
        self.start()


@pytest.fixture
def millstream_database_url(tmp_path: Path) -> str:
    """Return the URL of a new database."""
    return f"sqlite:///{tmp_path / 'millstream.db'}"


@pytest.fixture
def millstream_service(millstream_database_url: str) -> Iterator[MillstreamService]:
    """Run a service for one test."""
    missing = [name for name in _SERVER_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"a service needs millstream[server], which is not installed: {', '.join(missing)} missing")
    service = MillstreamService(millstream_database_url)
    service.start()
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def millstream_client(millstream_service: MillstreamService) -> Iterator["Client"]:
    """Connect a blocking client to the service of the test."""
    from millstream import Client

    with Client(millstream_service.address) as client:
        yield client


async def _async_client(millstream_service: MillstreamService) -> AsyncIterator["AsyncClient"]:
    from millstream import AsyncClient

    async with AsyncClient(millstream_service.address) as client:
        yield client


def _needs_pytest_asyncio() -> None:
    pytest.skip("millstream_async_client needs pytest-asyncio, which is not installed")


def _async_client_fixture() -> object:
    try:
        import pytest_asyncio
    except ModuleNotFoundError:
        return pytest.fixture(name="millstream_async_client")(_needs_pytest_asyncio)
    return pytest_asyncio.fixture(name="millstream_async_client")(_async_client)


millstream_async_client = _async_client_fixture()
"""An asynchronous client of the test's service."""
