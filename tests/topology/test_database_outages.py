"""PostgreSQL goes away under load and comes back, or its standby takes over: nothing that was answered is lost.

Nobody does anything to a service, a client or a stream: all go on by themselves.
"""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from millstream_service.store.upkeep.check import check
from tests.faults.recovery import recovered
from tests.postgres import programs
from tests.postgres.server import PostgresServer, several
from tests.topology.several import clients, more, new_load, services

pytestmark = pytest.mark.skipif(programs.folder() is None, reason="PostgreSQL is not installed")
DATABASE = "outages"
WRITES = 200


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    """A server that may be harmed."""
    with PostgresServer() as server:
        server.create_database(DATABASE)
        yield server


@pytest.fixture
def standby(own: PostgresServer) -> Iterator[PostgresServer]:
    """Its synchronous standby."""
    standby = own.standby()
    yield standby
    standby.close()


async def _under_load(url: str, *outages: Callable[[], None]) -> None:
    """Have outages under the load of two services; all that was acknowledged is there in the end, and seen by all."""
    async with services(url, 2) as running, clients(running) as connected:
        load = await new_load(connected)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run())
            for outage in outages:
                await more(load, WRITES)
                await asyncio.to_thread(outage)
                await recovered(load)
            load.stop()
    load.assert_whole()
    assert check(url) == []


async def test_restarted_under_load_nothing_acknowledged_is_lost(own: PostgresServer) -> None:
    def crash() -> None:
        own.kill()
        own.start()

    await _under_load(own.url(DATABASE), own.restart, crash)


async def test_a_standby_takes_over_under_load_and_nothing_acknowledged_is_lost(
    own: PostgresServer, standby: PostgresServer
) -> None:
    def fail_over() -> None:
        own.kill()
        standby.promote()

    await _under_load(several([own, standby], DATABASE), fail_over)
