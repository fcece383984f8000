"""Unary calls, each sent once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, unpacked


async def once(start: Start, *, address: str, method: str, requests: Sequence[str], at_once: int) -> dict[str, Any]:
    """Send each request once, in their order, so many at a time; return the time of each call, and of all together."""
    times: list[float] = []
    async with channel(address) as connection:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = connection.unary_unary(backend(method))
        await connection.channel_ready()
        waiting = iter(unpacked(requests))
        await start()
        begun = clock()

        async def keep_calling() -> None:
            for request in waiting:
                sent = clock()
                await call(request)
                times.append(clock() - sent)

        await asyncio.gather(*(keep_calling() for _ in range(at_once)))
        elapsed = clock() - begun
    return {"calls": len(times), "times": [round(time, 6) for time in times], "seconds": elapsed}
