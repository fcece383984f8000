"""A service in this process whose parts a test can look at."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from millstream_service import server
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.reactive.observatory import Observatory
from millstream_service.reactive.regions import Regions
from millstream_service.rpc.calls import Calls
from tests.deadline import patience


@dataclass
class Inside:
    """A running service, and what it knows of its streams."""

    address: str
    calls: Calls
    observatory: Observatory
    regions: Regions
    loop: asyncio.AbstractEventLoop

    @property
    def listeners(self) -> int:
        """How many keys anyone listens to."""
        return len(self.regions._listeners)

    def tasks(self) -> int:
        """How many tasks its event loop has."""

        async def count() -> int:
            return len(asyncio.all_tasks()) - 1

        return asyncio.run_coroutine_threadsafe(count(), self.loop).result(patience(10))


@contextmanager
def embedded(config: Config) -> Iterator[Inside]:
    """Run a service in this process as long as the block runs."""
    made: dict[str, Any] = {}

    def recorded(kind: type[Any]) -> Any:
        def make(*arguments: Any, **named: Any) -> Any:
            made[kind.__name__] = kind(*arguments, **named)
            made["loop"] = asyncio.get_running_loop()
            return made[kind.__name__]

        return make

    with pytest.MonkeyPatch.context() as patch:
        for kind in (Calls, Observatory, Regions):
            patch.setattr(server, kind.__name__, recorded(kind))
        service = EmbeddedService(config)
        service.__enter__()
    try:
        yield Inside(service.address, made["Calls"], made["Observatory"], made["Regions"], made["loop"])
    finally:
        service.__exit__(None, None, None)
