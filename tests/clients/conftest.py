"""What tests of the clients share."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from millstream import AsyncClient, RetryPolicy
from millstream.testing import MillstreamService
from tests.clients.either import Asynchronous, Blocking, Either
from tests.clients.scripted_service import ScriptedService

QUICK = RetryPolicy(initial_delay=0.001, max_delay=0.01, max_stream_delay=0.05)


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedService]:
    service = ScriptedService()
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


@pytest.fixture
async def client(scripted: ScriptedService) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(scripted.address, retry=QUICK) as client:
        yield client
    left = {task for task in asyncio.all_tasks() if task.get_name().startswith("millstream")}
    assert not left, "a closed client leaves no task behind"


@pytest.fixture(params=[Blocking, Asynchronous])
def either(request: pytest.FixtureRequest, millstream_service: MillstreamService) -> Iterator[Either]:
    """A client of a real service: each of the two."""
    client: Either = request.param(millstream_service.address)
    yield client
    client.close()
