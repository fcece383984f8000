"""Clients that don't do as they should: some take nothing, some come and go all the time."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, end, unpacked

_CHANNELS = 4
_TAKES_LITTLE = "grpc.http2.bdp_probe", 0
"""gRPC takes 64 KiB for a stream that nobody reads, but up to 4 MiB where it has found the connection fast.

Then a stalled reader would not stand still for its first 300 messages, in one run and not in the next.
"""


async def stall(
    start: Start, *, address: str, method: str, request: str, streams: int, come_back_seconds: float | None = None
) -> dict[str, Any]:
    """Open streams and take not even the first message of any; end them at `start`.

    With `come_back_seconds`, all are given up and opened again so often: a client that was cut off comes back.
    """
    opened = 0
    [message] = unpacked([request])
    async with _channels(address) as connections:
        methods: list[grpc.aio.UnaryStreamMultiCallable[bytes, bytes]] = [
            connection.unary_stream(backend(method)) for connection in connections
        ]

        async def open_all() -> list[Any]:
            nonlocal opened
            calls = [methods[n % len(methods)](message) for n in range(streams)]
            await asyncio.gather(*(call.initial_metadata() for call in calls))
            opened += streams
            return calls

        async def come_back(calls: list[Any], seconds: float) -> None:
            while True:
                await asyncio.sleep(seconds)
                for call in calls:
                    call.cancel()
                calls = await open_all()

        calls = await open_all()
        coming_back = asyncio.create_task(come_back(calls, come_back_seconds or float("inf")))
        await start()
        await end([coming_back])
    return {"opened": opened}


async def reconnect(
    start: Start, *, address: str, method: str, request: str, clients: int, pause: float
) -> dict[str, Any]:
    """Have clients connect, take the first message of a stream and break off, again and again, until `start`.

    Each pauses for about `pause` seconds in between; it begins with one alone, so there is at least one. Returns how
    long it took each time to get the first message.
    """
    [message] = unpacked([request])
    times: list[float] = []

    async def come() -> None:
        await asyncio.sleep(random.uniform(0, 2 * pause))
        begun = clock()
        async with channel(address) as connection:
            call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend(method))
            await call(message).read()
            times.append(round(clock() - begun, 6))

    async def keep_coming() -> None:
        while True:
            await come()

    await come()
    tasks = [asyncio.create_task(keep_coming()) for _ in range(clients)]
    await start()
    await end(tasks)
    return {"times": times}


@asynccontextmanager
async def _channels(address: str) -> AsyncIterator[list[grpc.aio.Channel]]:
    connections = [channel(address, _TAKES_LITTLE) for _ in range(_CHANNELS)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()
