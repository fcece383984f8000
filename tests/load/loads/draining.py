"""Server streams, drained as bytes, or only their beginnings."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc

from tests.load import messages
from tests.load.loads.wire import Start, backend, channel, clock, unpacked


async def drain(
    start: Start, *, address: str, method: str, request: str, times: int = 1, save: str | None = None
) -> dict[str, Any]:
    """Read a stream to its end, some times; with `save`, write its messages to a file, each behind its length."""
    [message] = unpacked([request])
    async with channel(address) as connection:
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend(method))
        await connection.channel_ready()
        await start()
        durations, sizes = [], []
        kept: list[bytes] = []
        for _ in range(times):
            begun = clock()
            count = size = 0
            stream = call(message)
            while isinstance(data := await stream.read(), bytes):
                count += 1
                size += len(data)
                if save:
                    kept.append(data)
            durations.append(clock() - begun)
            sizes.append((count, size))
    if save:
        messages.write(Path(save), kept)
    count, size = sizes[0]
    return {"durations": durations, "streams": times, "messages": count, "bytes": size}


async def first_messages(
    start: Start, *, address: str, method: str, requests: Sequence[str], seconds: float, pause: float = 0.02
) -> dict[str, Any]:
    """Open a stream, take its first message, end it, pause, again and again: each request in turn."""
    waits: list[float] = []
    async with channel(address) as connection:
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend(method))
        await connection.channel_ready()
        await start()
        end = clock() + seconds
        for message in cycle(unpacked(requests)):
            begun = clock()
            if begun >= end:
                break
            stream = call(message)
            await stream.read()
            waits.append(clock() - begun)
            stream.cancel()
            await asyncio.sleep(pause)
    return {"times": waits}
