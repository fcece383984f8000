"""Unary calls, some at once, as fast as they are answered."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, unpacked

_WARM_UP = 0.15


async def unary(
    start: Start,
    *,
    address: str,
    method: str,
    requests: Sequence[Sequence[str]],
    seconds: float,
    pause: float = 0.0,
) -> dict[str, Any]:
    """Keep as many calls under way as there are lists of requests; each caller cycles through its own list.

    After each call a caller pauses for `pause` seconds. The first part of the time warms up and is not counted.
    """
    times: list[float] = []
    calls = 0
    async with channel(address) as connection:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = connection.unary_unary(backend(method))
        await connection.channel_ready()
        callers = [cycle(unpacked(one)) for one in requests]
        await start()
        begun = clock() + seconds * _WARM_UP
        end = clock() + seconds

        async def keep_calling(messages: "cycle[bytes]") -> None:
            nonlocal calls
            while (sent := clock()) < end:
                await call(next(messages))
                calls += 1
                if sent >= begun:
                    times.append(clock() - sent)
                if pause:
                    await asyncio.sleep(pause)

        await asyncio.gather(*map(keep_calling, callers))
        elapsed = clock() - begun
    return {"rate": len(times) / elapsed, "calls": calls, "times": [round(time, 6) for time in times]}
