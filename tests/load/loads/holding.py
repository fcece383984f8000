"""Many streams that are open at once, each of another value."""

import asyncio
from typing import Any

import grpc

from millstream.builds.v1.backend_service_pb2 import StreamBuildRequest
from tests.load.loads.wire import Start, backend, channel, clock

_CHANNELS = 4


async def hold(start: Start, *, address: str, prefix: str, streams: int) -> dict[str, Any]:
    """Open streams of builds `PREFIX1`, `PREFIX2`, … all at once, wait for each one's first value; end them at `start`.

    Returns how long each waited since the burst began, and how many were refused.
    """
    connections = [channel(address) for _ in range(_CHANNELS)]
    await asyncio.gather(*(connection.channel_ready() for connection in connections))
    begun = clock()
    calls = [_open(connections[n % _CHANNELS], f"{prefix}{n}") for n in range(streams)]
    opened = await asyncio.gather(*(_opened_after(call, begun) for call in calls))
    await start()
    for connection in connections:
        await connection.close()
    times = [time for time in opened if time is not None]
    return {"times": times, "refused": len(opened) - len(times)}


def _open(connection: grpc.aio.Channel, build_id: str) -> "grpc.aio.UnaryStreamCall[bytes, bytes]":
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend("StreamBuild"))
    return method(StreamBuildRequest(id=build_id).SerializeToString())


async def _opened_after(call: "grpc.aio.UnaryStreamCall[bytes, bytes]", begun: float) -> float | None:
    """Return the seconds until the first value, or None where the stream is refused."""
    try:
        return round(clock() - begun, 6) if isinstance(await call.read(), bytes) else None
    except grpc.aio.AioRpcError:
        return None
