"""Work that goes on until it is stopped: what others do while somebody else is measured."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle, islice
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, end, unpacked

_REFUSED_SECONDS = 0.01
"""How long a refused caller waits: its request cost next to nothing, and it is not meant to be a flood."""
RESET_AT_ONCE = 1_000
"""Streams that are opened before they are given up."""


async def disturb(
    start: Start,
    *,
    address: str,
    method: str,
    requests: Sequence[str],
    kind: str,
    at_once: int,
    pause: float = 0.0,
    calls: int | None = None,
) -> dict[str, Any]:
    """Keep so many callers busy until `start`, each over a connection of its own, with the requests in turn.

    With `calls` each makes so many, and goes on after `start` until it has.

    `kind`: "unary" waits for an answer; "drain" reads a stream to its end; "first" ends a stream at its first message;
    "reset" opens many streams and gives all of them up. Each pauses in between. Returns how many ended well, how many
    were refused.
    """
    messages = unpacked(requests)
    done = refused = 0

    async def keep_calling(number: int) -> None:
        nonlocal done, refused
        async with channel(address) as connection:
            await connection.channel_ready()
            call = _KINDS[kind](connection, backend(method))
            first = number * len(messages) // at_once
            for message in islice(cycle(messages), first, None if calls is None else first + calls):
                try:
                    await call(message)
                    done += 1
                except grpc.aio.AioRpcError:
                    refused += 1
                    await asyncio.sleep(_REFUSED_SECONDS)
                await asyncio.sleep(pause)

    tasks = [asyncio.create_task(keep_calling(number)) for number in range(at_once)]
    await start()
    if calls is not None:
        await asyncio.gather(*tasks)
    await end(tasks)
    return {"done": done, "refused": refused}


Call = Callable[[bytes], Awaitable[object]]


def _unary(connection: grpc.aio.Channel, path: str) -> Call:
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = connection.unary_unary(path)

    async def call(message: bytes) -> None:
        await method(message)

    return call


def _drain(connection: grpc.aio.Channel, path: str) -> Call:
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(path)

    async def call(message: bytes) -> None:
        async for _ in method(message):
            pass

    return call


def _first(connection: grpc.aio.Channel, path: str) -> Call:
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(path)

    async def call(message: bytes) -> None:
        stream = method(message)
        await stream.read()
        stream.cancel()

    return call


def _reset(connection: grpc.aio.Channel, path: str) -> Call:
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(path)

    async def call(message: bytes) -> None:
        streams = [method(message) for _ in range(RESET_AT_ONCE)]
        await asyncio.sleep(0)
        for stream in streams:
            stream.cancel()

    return call


_KINDS: dict[str, Callable[[grpc.aio.Channel, str], Call]] = {
    "unary": _unary,
    "drain": _drain,
    "first": _first,
    "reset": _reset,
}
