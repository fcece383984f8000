"""Both clients, to be used alike."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from itertools import islice
from typing import Any

from millstream import AsyncClient, Client


def method(client: Any, name: str) -> Any:
    """Return the method of this name, of whichever service it is."""
    return next(
        getattr(calls, name) for calls in (client.builds, client.agents, client.changes) if hasattr(calls, name)
    )


class Blocking:
    """The blocking client, by the names of its methods."""

    def __init__(self, address: str) -> None:
        self._client = Client(address)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return method(self._client, name)(*args, **kwargs)

    def some(self, count: int | None, name: str, *args: Any, **kwargs: Any) -> list[Any]:
        values = method(self._client, name)(*args, **kwargs)
        try:
            return list(islice(values, count))
        finally:
            values.close()

    def log(self, build_id: str, write: Callable[[Any], list[Any]]) -> None:
        with self._client.builds.log_writer(build_id) as log:
            write(log)

    def close(self) -> None:
        self._client.close()


class Asynchronous:
    """The asynchronous client, by the names of its methods."""

    def __init__(self, address: str) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(address)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._runner.run(method(self._client, name)(*args, **kwargs))

    def some(self, count: int | None, name: str, *args: Any, **kwargs: Any) -> list[Any]:
        async def collect() -> list[Any]:
            found: list[Any] = []
            async with aclosing(method(self._client, name)(*args, **kwargs)) as values:
                while count is None or len(found) < count:
                    try:
                        found.append(await anext(values))
                    except StopAsyncIteration:
                        break
            return found

        return self._runner.run(collect())

    def log(self, build_id: str, write: Callable[[Any], list[Any]]) -> None:
        async def run() -> None:
            async with self._client.builds.log_writer(build_id) as log:
                for step in write(log):
                    await step

        self._runner.run(run())

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


Either = Blocking | Asynchronous
