"""One value, many subscribers: `publish` changes it again and again, `subscribe` counts what arrives.

The cycle: the publisher sends an update and waits until every subscribing process has told it, by a datagram, that all
its streams have the new value; then comes the next. So no value is skipped, and both sides of a comparison do exactly
the same: as many deliveries as there are updates times streams.
"""

import asyncio
import socket
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, unpacked

_PATIENCE = 60.0


class _Reports(asyncio.DatagramProtocol):
    """Counts the processes that have reported."""

    def __init__(self) -> None:
        self.count = 0
        self._arrived = asyncio.Event()

    def datagram_received(self, data: bytes, _address: Any) -> None:
        """Note one."""
        del data
        self.count += 1
        self._arrived.set()

    async def reach(self, count: int) -> None:
        """Wait until so many have come."""
        while self.count < count:
            self._arrived.clear()
            await self._arrived.wait()


async def publish(
    start: Start, *, address: str, method: str, requests: Sequence[str], port: int, processes: int, seconds: float
) -> dict[str, Any]:
    """Send updates one after the other, each once all have the one before. Returns when each was sent."""
    loop = asyncio.get_running_loop()
    transport, reports = await loop.create_datagram_endpoint(_Reports, local_addr=("127.0.0.1", port))
    messages = cycle(unpacked(requests))
    sent: list[float] = []
    async with channel(address) as connection:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = connection.unary_unary(backend(method))
        await connection.channel_ready()
        await start()
        begun = clock()
        while clock() - begun < seconds:
            sent.append(clock())
            await call(next(messages))
            async with asyncio.timeout(_PATIENCE):
                await reports.reach(len(sent) * processes)
        elapsed = clock() - begun
    transport.close()
    return {"sent": sent, "seconds": elapsed}


async def subscribe(
    start: Start,
    *,
    address: str,
    method: str,
    request: str,
    streams: int,
    channels: int,
    port: int,
    seconds: float,
    keep_times: bool = False,
) -> dict[str, Any]:
    """Open streams and take their first values; then count updates until none has come for a while.

    Returns when the n-th update arrived, for each of the streams, with `keep_times`; and one message.
    """
    subscribers = _Subscribers(streams, port, keep_times=keep_times)
    connections = [channel(address) for _ in range(min(channels, streams))]
    [message] = unpacked([request])
    tasks = [
        asyncio.create_task(subscribers.read(connections[n % len(connections)], method, message))
        for n in range(streams)
    ]
    async with asyncio.timeout(_PATIENCE):
        await subscribers.all_have_begun.wait()
    await start()
    await asyncio.sleep(seconds)
    await subscribers.come_to_rest()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for connection in connections:
        await connection.close()
    return {"deliveries": subscribers.deliveries, "arrivals": subscribers.arrivals, "bytes": subscribers.size}


class _Subscribers:
    """The streams of one process."""

    def __init__(self, streams: int, port: int, *, keep_times: bool) -> None:
        self._streams = streams
        self._keep_times = keep_times
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._publisher = ("127.0.0.1", port)
        self._begun = 0
        self.all_have_begun = asyncio.Event()
        self.deliveries = 0
        self.size = 0
        self.arrivals: list[list[float]] = []

    async def read(self, connection: grpc.aio.Channel, method: str, request: bytes) -> None:
        """Open a stream and take its values."""
        open_stream: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend(method))
        call = open_stream(request)
        await call.read()
        self._begun += 1
        if self._begun == self._streams:
            self.all_have_begun.set()
        number = 0
        while isinstance(data := await call.read(), bytes):
            self._arrived(number, data)
            number += 1

    def _arrived(self, number: int, data: bytes) -> None:
        if self._keep_times:
            if number == len(self.arrivals):
                self.arrivals.append([])
            self.arrivals[number].append(round(clock(), 6))
        self.size = len(data)
        self.deliveries += 1
        if self.deliveries % self._streams == 0:
            self._socket.sendto(b"all", self._publisher)

    async def come_to_rest(self) -> None:
        """Wait until no more deliveries come."""
        before = -1
        while self.deliveries != before:
            before = self.deliveries
            await asyncio.sleep(0.25)
        self._socket.close()
