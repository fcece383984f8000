"""Readers of the change feed, who check that they get every revision, in order, once."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from tests.load.loads.wire import Start, channel, clock

PATH = "/millstream.common.v1.ChangeService/StreamChanges"
_CHANNELS = 4
_BROKEN_OFF = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
_COME_BACK_SECONDS = 0.5


async def follow(
    start: Start,
    *,
    address: str,
    after: Sequence[int],
    until_revision: int | None = None,
    until_key: str = "",
    live_from: int = 0,
) -> dict[str, Any]:
    """Read the feed from after each of the revisions, up to one, or to the commit that changes the row `until_key`.

    A stream that breaks off is opened again where it was. Returns how many messages came, how many of these were not
    the next revision, and of revisions after `live_from`, before the first break, the number and the seconds from the
    commit's time to its arrival.
    """
    connections = [channel(address) for _ in range(_CHANNELS)]
    await asyncio.gather(*(connection.channel_ready() for connection in connections))

    def is_last(commit: StreamChangesResponse) -> bool:
        return commit.revision == until_revision or any(change.key == until_key for change in commit.changes)

    readers = [
        _Reader(connections[number % _CHANNELS], revision, is_last, live_from) for number, revision in enumerate(after)
    ]
    await start()
    begun = clock()
    await asyncio.gather(*(reader.run() for reader in readers))
    seconds = clock() - begun
    for connection in connections:
        await connection.close()
    return {
        "seconds": seconds,
        "messages": sum(reader.messages for reader in readers),
        "wrong": sum(reader.wrong for reader in readers),
        "breaks": sum(reader.breaks for reader in readers),
        "arrivals": [arrival for reader in readers for arrival in reader.arrivals],
    }


class _Reader:
    """One reader: `run` ends with the last commit that it is to see."""

    def __init__(
        self,
        connection: grpc.aio.Channel,
        revision: int,
        is_last: Callable[[StreamChangesResponse], bool],
        live_from: int,
    ) -> None:
        self._open: grpc.aio.UnaryStreamMultiCallable[StreamChangesRequest, StreamChangesResponse] = (
            connection.unary_stream(PATH, StreamChangesRequest.SerializeToString, StreamChangesResponse.FromString)
        )
        self._revision = revision
        self._is_last = is_last
        self._live_from = live_from
        self.messages = self.wrong = self.breaks = 0
        self.arrivals: list[tuple[int, float]] = []

    async def run(self) -> None:
        """Read on, over as many streams as it takes."""
        while True:
            try:
                if await self._read():
                    return
            except grpc.aio.AioRpcError as error:
                if error.code() not in _BROKEN_OFF:
                    raise
            self.breaks += 1
            await asyncio.sleep(random.uniform(0, _COME_BACK_SECONDS))

    async def _read(self) -> bool:
        """Read a stream to its end, or to the last commit; return whether that has come."""
        call = self._open(StreamChangesRequest(after_revision=self._revision))
        async for commit in call:
            self._arrived(commit)
            if self._is_last(commit):
                call.cancel()
                return True
        return False

    def _arrived(self, commit: StreamChangesResponse) -> None:
        self.messages += 1
        self.wrong += commit.revision != self._revision + 1
        self._revision = commit.revision
        if commit.revision > self._live_from and not self.breaks:
            late = time.time() - commit.committed_at.ToNanoseconds() / 1e9
            self.arrivals.append((commit.revision, round(late, 6)))
