"""AppendBuildLogs: batches in, acknowledgements out, in order.

The cycle: `_take` reads batches, checks them and submits each without waiting for the one before, so that those in
flight are committed together; `append_lines` waits for them in order and answers. Memory is bounded by the batches in
flight in a call, and in all by what is read at a time (`rpc.read_turns`) and by the writer's room. When the service is
about to stop, no further batch is read, and those that were are answered.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Protocol

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest, AppendBuildLogsResponse
from millstream_service.convert.fields import identifier, number
from millstream_service.convert.logs.logs import Entries, check_entries, usual_batch
from millstream_service.errors import ShuttingDownError
from millstream_service.handlers.shared.dependencies import Dependencies
from millstream_service.handlers.shared.storing import add_answer
from millstream_service.store.database.lanes import Lane
from millstream_service.store.logs import logs

BATCHES_UNDER_WAY = 16
MAX_QUICK_ENTRIES = 200
_Answered = tuple[logs.Appended, AppendBuildLogsResponse]
_InFlight = asyncio.Queue["tuple[str, asyncio.Future[tuple[_Answered, int]]] | None"]


class Batches(Protocol):
    """What comes in."""

    async def __anext__(self) -> AppendBuildLogsRequest:
        """Return the next one. Raises StopAsyncIteration, StoreBusyError."""

    def let_go(self) -> None:
        """Give back the memory of the last one: it lies with the writer now."""


async def append_lines(dependencies: Dependencies, requests: Batches) -> AsyncIterator[AppendBuildLogsResponse]:
    """Yield an answer for each batch once it is durable. Raises what ends the call, after all answers before it."""
    in_flight: _InFlight = asyncio.Queue()
    places = asyncio.Semaphore(BATCHES_UNDER_WAY)
    taking = asyncio.create_task(_take(dependencies, requests, in_flight, places))
    stopping = asyncio.create_task(_stop(dependencies, taking))
    try:
        while (batch := await in_flight.get()) is not None:
            build_id, future = batch
            (result, answer), _ = await future
            places.release()
            dependencies.merger.added(build_id, result.bytes_added)
            yield answer
        if dependencies.draining.is_set():
            raise ShuttingDownError
        await taking
    finally:
        taking.cancel()
        stopping.cancel()
        await asyncio.gather(taking, stopping, return_exceptions=True)
        while not in_flight.empty():
            if (batch := in_flight.get_nowait()) is not None:
                batch[1].cancel()  # nobody waits for its answer any more; the write itself goes on


async def _stop(dependencies: Dependencies, taking: "asyncio.Task[None]") -> None:
    await dependencies.draining.wait()
    taking.cancel()


async def _take(dependencies: Dependencies, requests: Batches, in_flight: _InFlight, places: asyncio.Semaphore) -> None:
    build_id = writer_id = ""
    try:
        while True:
            await dependencies.writer.room()
            await places.acquire()
            request = await anext(requests)  # only now: a batch is in memory from here on
            build_id = identifier("build_id", request.build_id or build_id)
            writer_id = identifier("writer_id", request.writer_id or writer_id)
            await dependencies.writer.room()
            entries = await _check(dependencies, request)
            in_flight.put_nowait((build_id, _submit(dependencies, request, entries, build_id, writer_id)))
            del request, entries
            requests.let_go()
    except StopAsyncIteration:
        return
    finally:
        in_flight.put_nowait(None)


async def _check(dependencies: Dependencies, request: AppendBuildLogsRequest) -> Entries:
    """Check a batch: in a thread, where that takes long. Raises what `check_entries` does."""
    number("first_entry", request.first_entry, 1)
    if usual := usual_batch(request):
        return usual
    if len(request.entries) <= MAX_QUICK_ENTRIES:
        return check_entries(request.entries)
    return await dependencies.database.lanes.run(Lane.MESSAGES, partial(check_entries, request.entries))


def _submit(
    dependencies: Dependencies, request: AppendBuildLogsRequest, entries: Entries, build_id: str, writer_id: str
) -> "asyncio.Future[tuple[_Answered, int]]":
    command = partial(
        logs.append,
        build_id=build_id,
        writer_id=writer_id,
        first_entry=request.first_entry,
        count=len(request.entries),
        encode=entries.encoder(build_id),
    )
    return dependencies.writer.submit(add_answer(command, _answer), entries.size)


def _answer(result: logs.Appended) -> AppendBuildLogsResponse:
    return AppendBuildLogsResponse(durable_entry=result.durable_entry, last_seq=result.last_seq)
