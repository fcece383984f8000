"""One value, many subscribers: `publish` changes it again and again, `subscribe` counts what arrives.

The cycle: the publisher sends an update and waits until every subscribing process has told it, by a datagram, that all
its streams have the new value; then comes the next. In the end it tells them so. No value is skipped, and both sides of
a comparison do exactly the same: as many deliveries as there are updates times streams.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, packed, unpacked

_PATIENCE = 60.0


class _Reports(asyncio.DatagramProtocol):
    """Counts the processes that have reported, and knows where they are."""

    def __init__(self) -> None:
        self.count = 0
        self.senders: set[tuple[str, int]] = set()
        self._arrived = asyncio.Event()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Note one."""
        del data
        self.count += 1
        self.senders.add(address)
        self._arrived.set()

    async def reach(self, count: int) -> None:
        """Wait until so many have come. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE):
            while self.count < count:
                self._arrived.clear()
                await self._arrived.wait()


class _Publisher(asyncio.DatagramProtocol):
    """What a subscribing process hears from the publisher: that it has ended."""

    def __init__(self) -> None:
        self.has_ended = asyncio.Event()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Note the end."""
        del data, address
        self.has_ended.set()


async def publish(
    start: Start,
    *,
    address: str,
    method: str,
    requests: Sequence[str],
    port: int,
    processes: int,
    seconds: float,
    pause: float = 0.0,
) -> dict[str, Any]:
    """Send updates one after the other, each `pause` seconds after all have the one before.

    Returns when each was sent, and how it was answered.
    """
    loop = asyncio.get_running_loop()
    transport, reports = await loop.create_datagram_endpoint(_Reports, local_addr=("127.0.0.1", port))
    messages = cycle(unpacked(requests))
    sent: list[float] = []
    answers: list[bytes] = []
    async with channel(address) as connection:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = connection.unary_unary(backend(method))
        await connection.channel_ready()
        await start()
        begun = clock()
        while clock() - begun < seconds:
            sent.append(clock())
            answers.append(await call(next(messages)))
            await reports.reach(len(sent) * processes)
            await asyncio.sleep(pause)
        elapsed = clock() - begun
    for sender in reports.senders:
        transport.sendto(b"end", sender)
    transport.close()
    return {"sent": sent, "answers": packed(answers), "seconds": elapsed}


async def subscribe(
    start: Start, *, address: str, method: str, request: str, streams: int, channels: int, port: int
) -> dict[str, Any]:
    """Open streams and take their first values; then take updates until the publisher has ended.

    Returns when the n-th update arrived, for each of the streams.
    """
    loop = asyncio.get_running_loop()
    transport, publisher = await loop.create_datagram_endpoint(_Publisher, remote_addr=("127.0.0.1", port))
    subscribers = _Subscribers(streams, lambda: transport.sendto(b"all"))
    connections = [channel(address) for _ in range(min(channels, streams))]
    [message] = unpacked([request])
    tasks = [
        asyncio.create_task(subscribers.read(connections[n % len(connections)], method, message))
        for n in range(streams)
    ]
    async with asyncio.timeout(_PATIENCE):
        await subscribers.all_have_begun.wait()
    await start()
    await publisher.has_ended.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for connection in connections:
        await connection.close()
    transport.close()
    return {"deliveries": subscribers.deliveries, "arrivals": subscribers.arrivals, "bytes": subscribers.size}


class _Subscribers:
    """The streams of one process. `report` is called whenever all of them have the newest value."""

    def __init__(self, streams: int, report: Callable[[], None]) -> None:
        self._streams = streams
        self._report = report
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
        if number == len(self.arrivals):
            self.arrivals.append([])
        self.arrivals[number].append(round(clock(), 6))
        self.size = len(data)
        self.deliveries += 1
        if self.deliveries % self._streams == 0:
            self._report()
