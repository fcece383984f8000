"""Unary calls that arrive by the clock, as those of many users do, whether or not the ones before were answered."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, unpacked


async def arrive(
    start: Start, *, address: str, method: str, requests: Sequence[str], seconds: float, every: float
) -> dict[str, Any]:
    """Send a request every so many seconds; return how long each took from when it was due.

    A service that stands still for a second is seen by all who come in that second. One caller who waits for each
    answer before the next call would see it once, and no percentile would.
    """
    times: list[float] = []
    async with channel(address) as connection:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = connection.unary_unary(backend(method))
        await connection.channel_ready()

        async def answered(message: bytes, due: float) -> None:
            await call(message)
            times.append(clock() - due)

        await start()
        begun = clock()
        async with asyncio.TaskGroup() as group:
            for number, message in zip(range(max(1, round(seconds / every))), cycle(unpacked(requests)), strict=False):
                due = begun + number * every
                await asyncio.sleep(max(0.0, due - clock()))
                group.create_task(answered(message, due))
    return {"times": [round(time, 6) for time in times]}
