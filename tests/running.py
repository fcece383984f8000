"""A service in the test's own event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from millstream_service.config import Config
from millstream_service.rpc.interceptor import Identify, local_administrator
from millstream_service.server import Service
from tests.deadline import until

Tasks = set["asyncio.Task[Any]"]


@asynccontextmanager
async def running(
    database: str, listen: str = "127.0.0.1:0", identify: Identify = local_administrator, **settings: Any
) -> AsyncIterator[Service]:
    """Run a service as long as the block; behind it none of its tasks may be left. `identify` tells who calls."""
    before = asyncio.all_tasks()
    async with Service(Config(listen=listen, database=database, **settings), identify) as service:
        yield service
    await none_left(before, "the service has ended")


async def none_left(before: Tasks, when: str) -> None:
    """Wait until there are no tasks but those from before, ours, and the one that waits for the server's next call."""

    def left() -> Tasks:
        others = asyncio.all_tasks() - before - {asyncio.current_task()}
        return {task for task in others if "AioServer._request" not in repr(task)}

    try:
        await until(lambda: not left(), f"no task was left once {when}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {left()}") from None
