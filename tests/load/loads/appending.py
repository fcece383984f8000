"""Lines appended over AppendBuildLogs, and events over AppendMcpEvents, with bytes made before the start."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import grpc

from millstream.agents.v1.agent_service_pb2 import AppendMcpEventsRequest, AppendMcpEventsResponse
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest, AppendBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_INFO, BuildLogEntry
from tests.load.loads.wire import Start, backend, channel, clock, unpacked
from tests.load.text import lines

_BATCHES = 100
_WARM_UP = 0.15


@dataclass(frozen=True)
class _Rpc:
    """An RPC that takes batches: its path, what makes a batch without entries, and what reads an answer."""

    path: str
    head: Callable[[str, str], Any]
    answer: Callable[[bytes], Any]


_LINES = _Rpc(
    backend("AppendBuildLogs"),
    lambda build_id, writer_id: AppendBuildLogsRequest(build_id=build_id, writer_id=writer_id),
    AppendBuildLogsResponse.FromString,
)
_EVENTS = _Rpc(
    "/millstream.agents.v1.AgentService/AppendMcpEvents",
    lambda instance_id, writer_id: AppendMcpEventsRequest(instance_id=instance_id, writer_id=writer_id),
    AppendMcpEventsResponse.FromString,
)


@lru_cache
def _bodies(batch: int, length: int, category: str) -> list[bytes]:
    """Return batches to send, again and again: enough that they do not look alike to a compressor."""
    return [entries_bytes(batch, length, seed, category) for seed in range(_BATCHES)]


def entries_bytes(batch: int, length: int, seed: int, category: str = "") -> bytes:
    """Return the field `entries` of a batch, serialized: lines with a level and a time, as clients send them.

    Every third line is of the category, where there is one.
    """
    request = AppendBuildLogsRequest()
    for number, text in enumerate(lines(batch, length, seed)):
        entry = BuildLogEntry(content=text, level=BUILD_LOG_LEVEL_INFO)
        if category and not number % 3:
            entry.category = category
        entry.created_at.GetCurrentTime()
        request.entries.append(entry)
    return request.SerializeToString()


async def append(
    start: Start,
    *,
    address: str,
    builds: Sequence[str],
    writer_id: str,
    seconds: float = 0.0,
    max_lines: int | None = None,
    length: int = 120,
    category: str = "",
    batch: int = 500,
    in_flight: int = 16,
) -> dict[str, Any]:
    """Append to each build over a connection of its own, `in_flight` batches ahead of the acknowledgements.

    Ends after `seconds`, or after `max_lines` for each build. Counts what was acknowledged between the end of the
    warm-up and the end.
    """
    bodies = _bodies(batch, length, category)
    writers = [_Writer(address, _LINES, build, writer_id, bodies, batch, in_flight) for build in builds]
    wanted = -(-max_lines // batch) if max_lines else None
    rate = await _run(start, writers, seconds, wanted)
    return {"rate": rate, "lines": sum(writer.durable for writer in writers)}


async def append_events(
    start: Start,
    *,
    address: str,
    instances: Sequence[str],
    writer_id: str,
    event: str,
    seconds: float,
    batch: int = 500,
    in_flight: int = 16,
) -> dict[str, Any]:
    """Append an event again and again to each instance, likewise. `event`: as JSON carries its bytes."""
    [data] = unpacked([event])
    bodies = [AppendMcpEventsRequest(events=[McpEvent.FromString(data)] * batch).SerializeToString()]
    writers = [_Writer(address, _EVENTS, key, writer_id, bodies, batch, in_flight) for key in instances]
    return {"rate": await _run(start, writers, seconds, None)}


async def _run(start: Start, writers: "Sequence[_Writer]", seconds: float, wanted: int | None) -> float:
    """Have all send, for so long or so many batches each; return how many entries a second were acknowledged."""
    await start()
    begun = clock()
    counted_from, end = (begun, float("inf")) if wanted else (begun + seconds * _WARM_UP, begun + seconds)
    async with asyncio.TaskGroup() as group:
        for writer in writers:
            group.create_task(writer.run(counted_from, end, wanted))
    last = max(writer.last_answer for writer in writers)
    return sum(writer.counted for writer in writers) / (last - counted_from)


class _Writer:
    """One writer of one build or instance."""

    def __init__(
        self, address: str, rpc: _Rpc, owner_id: str, writer_id: str, bodies: list[bytes], batch: int, in_flight: int
    ) -> None:
        self._address = address
        self._rpc = rpc
        self._header = rpc.head(owner_id, writer_id)
        self._bodies = bodies
        self._batch = batch
        self._room = asyncio.Semaphore(in_flight)
        self.durable = 0
        self.counted = 0
        self.last_answer = 0.0

    async def run(self, counted_from: float, end: float, wanted: int | None) -> None:
        """Send until the end, then wait for the answers."""
        async with channel(self._address) as connection:
            method: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = connection.stream_stream(self._rpc.path)
            call = method()
            reading = asyncio.create_task(self._read(call, counted_from))
            for number in count():
                if number == wanted or clock() >= end:
                    break
                await self._room.acquire()
                await call.write(self._message(number))
            await call.done_writing()
            await reading

    def _message(self, number: int) -> bytes:
        """Return a batch: a message's fields may stand in any order, so the entries are put behind its head."""
        self._header.first_entry = number * self._batch + 1
        head: bytes = self._header.SerializeToString()
        return head + self._bodies[number % len(self._bodies)]

    async def _read(self, call: Any, counted_from: float) -> None:
        async for answer in call:
            durable = self._rpc.answer(answer).durable_entry
            self.last_answer = clock()
            if self.last_answer >= counted_from:
                self.counted += durable - self.durable
            self.durable = durable
            self._room.release()
