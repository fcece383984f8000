"""Server streams, drained as bytes, or only their beginnings."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass

from millstream.builds.v1 import backend_service_pb2
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from tests.load import messages
from tests.load.loads.wire import Start, backend, channel, clock, unpacked


async def drain(
    start: Start,
    *,
    address: str,
    method: str,
    request: str,
    times: int = 1,
    most: int | None = None,
    parse: bool = False,
    save: str | None = None,
) -> dict[str, Any]:
    """Read a stream to its end, or its first `most` messages, some times.

    With `parse`, through the generated stubs; with `save`, write its messages to a file, each behind its length.
    """
    async with channel(address) as connection:
        opened = _parsed(connection, method, request) if parse else _unparsed(connection, method, request)
        await connection.channel_ready()
        await start()
        durations, sizes = [], []
        kept: list[bytes] = []
        for _ in range(times):
            begun = clock()
            count = size = 0
            stream = opened()
            while (data := await stream.read()) is not grpc.aio.EOF:
                count += 1
                size += len(data) if isinstance(data, bytes) else 0
                if save:
                    kept.append(data)
                if count == most:
                    stream.cancel()
                    break
            durations.append(clock() - begun)
            sizes.append((count, size))
    if save:
        messages.write(Path(save), kept)
    count, size = sizes[0]
    return {"durations": durations, "streams": times, "messages": count, "bytes": size}


def _unparsed(connection: grpc.aio.Channel, method: str, request: str) -> Callable[[], Any]:
    call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend(method))
    return partial(call, *unpacked([request]))


def _parsed(connection: grpc.aio.Channel, method: str, request: str) -> Callable[[], Any]:
    """Return a call as an application makes it: every message becomes one of the generated classes."""
    described = backend_service_pb2.DESCRIPTOR.services_by_name["BackendService"].methods_by_name[method]
    message = GetMessageClass(described.input_type).FromString(*unpacked([request]))
    return partial(getattr(BackendServiceStub(connection), method), message)


async def first_messages(
    start: Start,
    *,
    address: str,
    method: str,
    requests: Sequence[str],
    seconds: float,
    pause: float = 0.02,
    least_bytes: int = 1,
) -> dict[str, Any]:
    """Open a stream, take its first message, or so many bytes, end it, pause, again and again: each request in turn."""
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
            size = 0
            while size < least_bytes and isinstance(data := await stream.read(), bytes):
                size += len(data)
            waits.append(clock() - begun)
            stream.cancel()
            await asyncio.sleep(pause)
    return {"times": waits}
