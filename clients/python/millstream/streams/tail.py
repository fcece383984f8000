"""Streams that deliver everything, in order, once: the lines of a log, what instances did, the commits of the store.

All go on by themselves after a break, from the last thing received, and hand out nothing twice. They read no further
than their consumer: the service holds what is not yet read.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol, TypeVar

import grpc

from millstream.errors import MillstreamError
from millstream.streams.reopening import Reopening
from millstream.transport.connection import Connection

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
ResponseT_contra = TypeVar("ResponseT_contra", contravariant=True)
T = TypeVar("T")


class Cursor(Protocol[ResponseT_contra, T]):
    """How far a stream has come, and what is new in a message."""

    def reopen(self) -> None:
        """Get ready for the messages of a new call: make its request say how far the stream has come."""
        ...

    def take(self, response: ResponseT_contra, /) -> "list[T] | None":
        """Return what was not there before; None where something is missing before it."""
        ...


async def deliver(
    connection: Connection,
    method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]],
    request: RequestT,
    cursor: Cursor[ResponseT, T],
    *,
    ends: bool = False,
) -> AsyncGenerator[list[T], None]:
    """Yield what comes, some at a time: no gap, no repeat. With `ends` it is over where the service ends the stream."""
    reopening = Reopening(connection.retry)
    while True:
        failure: MillstreamError | None = None
        cursor.reopen()
        messages = connection.stream(method, request)
        try:
            async for response in messages:
                elements = cursor.take(response)
                if elements is None:
                    break
                reopening.note_progress()
                if elements:
                    yield elements
            else:
                if ends:
                    return
        except MillstreamError as error:
            failure = error
        finally:
            await messages.aclose()
        await reopening.after(failure)
