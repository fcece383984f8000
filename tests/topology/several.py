"""Several services on one database, each with a client: in one process, and yet they meet in the database alone."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from millstream import AsyncClient, RetryPolicy
from millstream_service.server import Service
from tests.deadline import until
from tests.faults.load import Load
from tests.faults.records import new_build
from tests.running import running

PATIENT = RetryPolicy(max_attempts=100, max_delay=0.5, max_stream_delay=0.5)
LINE_SIZE = 200


@asynccontextmanager
async def services(url: str, count: int) -> AsyncIterator[list[Service]]:
    """Run so many services on a database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(url)) for _ in range(count)]


@asynccontextmanager
async def clients(services: Sequence[Service]) -> AsyncIterator[list[AsyncClient]]:
    """Give a client of each service."""
    async with AsyncExitStack() as stack:
        made = [AsyncClient(service.address, retry=PATIENT) for service in services]
        yield [await stack.enter_async_context(client) for client in made]


async def new_load(clients: Sequence[AsyncClient]) -> Load:
    """Return a load through all of them, with one log that all write to."""
    return Load(clients, [await new_build(clients[0])], LINE_SIZE)


async def more(load: Load, writes: int) -> None:
    """Wait until so many more writes have been acknowledged."""
    goal = load.acknowledged + writes
    await until(lambda: load.acknowledged >= goal, f"{writes} more writes to be acknowledged", 60)
