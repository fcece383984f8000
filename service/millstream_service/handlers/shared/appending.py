"""Appending: batches in, acknowledgements out, in order.

The cycle: `_take` reads batches, has each checked and submits it without waiting for the one before, so that those in
flight are committed together; `append_batches` waits for them in order and answers. Memory is bounded by the batches in
flight in a call, and in all by what is read at a time (`rpc.read_turns`) and by the writer's room. When the service is
about to stop, no further batch is read, and those that were are answered.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier, number
from millstream_service.errors import ShuttingDownError
from millstream_service.handlers.shared.dependencies import Dependencies, Handler
from millstream_service.handlers.shared.storing import add_answer
from millstream_service.store.writing.commands import Command

BATCHES_UNDER_WAY = 16
T = TypeVar("T")
A = TypeVar("A", bound=Message)
_Submitted = tuple[str, asyncio.Future[tuple[tuple[T, A], int]]]
_InFlight = asyncio.Queue[_Submitted[T, A] | None]


class Batches(Protocol):
    """What comes in: requests with `writer_id`, `first_entry`, and the id of what they are appended to."""

    async def __anext__(self) -> Any:
        """Return the next one. Raises StopAsyncIteration, StoreBusyError."""

    def let_go(self) -> None:
        """Give back the memory of the last one: it lies with the writer now."""


class Appending(Handler, ABC, Generic[T, A]):
    """What is appended: its batches as commands, and their answers."""

    owner: ClassVar[str]
    """The field with the id of what a batch is appended to."""

    @abstractmethod
    async def command(self, request: Any, owner_id: str, writer_id: str) -> tuple[Command[T], int]:
        """Check a batch; return what stores it, and about how many bytes wait with that. It keeps no request.

        Raises ValidationFailedError, MessageTooLargeError and ListTooLargeError.
        """

    @abstractmethod
    def answer(self, result: T) -> A:
        """Return the answer for a batch that is stored."""

    def stored(self, owner_id: str, result: T) -> None:
        """Take note of a batch that is durable."""
        del owner_id, result


async def append_batches(requests: Batches, appending: Appending[T, A]) -> AsyncIterator[A]:
    """Yield an answer for each batch once it is durable. Raises what ends the call, after all answers before it."""
    dependencies = appending.dependencies
    in_flight: _InFlight[T, A] = asyncio.Queue()
    places = asyncio.Semaphore(BATCHES_UNDER_WAY)
    taking = asyncio.create_task(_take(requests, appending, in_flight, places))
    stopping = asyncio.create_task(_stop(dependencies, taking))
    try:
        while (batch := await in_flight.get()) is not None:
            owner_id, future = batch
            (result, answer), _ = await future
            places.release()
            appending.stored(owner_id, result)
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


async def _take(
    requests: Batches, appending: Appending[T, A], in_flight: _InFlight[T, A], places: asyncio.Semaphore
) -> None:
    owner_id = writer_id = ""
    owner, writer = appending.owner, appending.dependencies.writer
    try:
        while True:
            await writer.room()
            await places.acquire()
            request = await anext(requests)  # only now: a batch is in memory from here on
            owner_id = identifier(owner, getattr(request, owner) or owner_id)
            writer_id = identifier("writer_id", request.writer_id or writer_id)
            await writer.room()
            number("first_entry", request.first_entry, 1)
            command, size = await appending.command(request, owner_id, writer_id)
            in_flight.put_nowait((owner_id, writer.submit(add_answer(command, appending.answer), size)))
            del request, command
            requests.let_go()
    except StopAsyncIteration:
        return
    finally:
        in_flight.put_nowait(None)
