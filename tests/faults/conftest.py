"""Services that are made to suffer."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from millstream import AsyncClient
from tests.faults.service_process import ServiceProcess

MakeService = Callable[..., ServiceProcess]


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[MakeService]:
    """Make services, each in a folder of its own; none outlives the test."""
    made: list[ServiceProcess] = []

    def make(**named: str) -> ServiceProcess:
        folder = tmp_path / f"service{len(made)}"
        folder.mkdir()
        made.append(ServiceProcess(folder, **named))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(make_service: MakeService) -> ServiceProcess:
    """One that runs."""
    service = make_service()
    service.start()
    return service


@pytest.fixture
async def client(service: ServiceProcess) -> AsyncIterator[AsyncClient]:
    """A client of `service`."""
    async with AsyncClient(service.address) as client:
        yield client
