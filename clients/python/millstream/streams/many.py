"""Many queries in one stream (WatchService), opened again whenever it breaks: each goes on from where it was.

The cycle: a call with all queries that have not ended -> messages, each to the cursor of its query -> what is new goes
to the consumer -> the call breaks, or a query ends with what may pass, and all are opened again. It reads no further
than its consumer: the service skips old values, and holds tails.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from millstream.common.v1.position_pb2 import Position
from millstream.common.v1.watch_service_pb2 import WatchQuery, WatchRequest, WatchResponse
from millstream.common.v1.watch_service_pb2_grpc import WatchServiceStub
from millstream.errors import MillstreamError
from millstream.streams.assembly import MessageAssembly
from millstream.streams.reopening import Reopening
from millstream.streams.snapshot import SnapshotCursor
from millstream.streams.tail import Cursor
from millstream.streams.watched import Watched
from millstream.transport.connection import Connection
from millstream.transport.creation import copy_message
from millstream.transport.status import error_from_status

if TYPE_CHECKING:
    import grpc

Cursors = Mapping[type[Any], Callable[[Any], Cursor[Any, Any]]]
"""What makes the cursor of a request, by its type: of tails and feeds. All others are snapshots."""


class _Query:
    """One query, and how far it has come."""

    def __init__(self, key: str, request: Message, cursors: Cursors) -> None:
        self.key = key
        self._request: Any = copy_message(request)
        make = cursors.get(type(request))
        self._snapshot = None if make else _snapshot_of(self._request)
        self._cursor = make(self._request) if make else None

    def open(self) -> WatchQuery:
        """Return what asks for all that is still to come."""
        for cursor in (self._cursor, self._snapshot):
            if cursor is not None:
                cursor.reopen()
        packed = Packed()
        packed.Pack(self._request)
        return WatchQuery(id=self.key, request=packed)

    def take(self, packed: Packed) -> list[Watched] | None:
        """Return what is new in a message; None where something is missing before it."""
        response = GetMessageClass(Default().FindMessageTypeByName(packed.TypeName())).FromString(packed.value)
        if self._snapshot is not None:
            return [self._watched(value, response) for value in self._snapshot.take(response)]
        assert self._cursor is not None  # noqa: S101 - it has one or the other
        elements = self._cursor.take(response)
        return elements if elements is None else [Watched(self.key, response)] if elements else []

    def _watched(self, value: Any, response: Any) -> Watched:
        whole = copy_message(value)
        whole.position.CopyFrom(Position(revision=response.position.revision))
        return Watched(self.key, whole)

    def drops_token(self, error: MillstreamError) -> bool:
        """Forget a token that the service does not take. Returns whether it did."""
        return self._snapshot is not None and self._snapshot.drops_token(error)


def _snapshot_of(request: Any) -> SnapshotCursor[Any, Any] | None:
    """Return the cursor of a snapshot, which begins with the request's token; None where it is no request of one."""
    if "options" not in request.DESCRIPTOR.fields_by_name:
        return None  # the service will refuse it
    assembly = MessageAssembly()
    assembly.token = request.options.resume_token
    return SnapshotCursor(request, assembly)


async def watch_many(
    connection: Connection, requests: Mapping[str, Message], cursors: Cursors
) -> AsyncGenerator[Watched, None]:
    """Yield what the queries have to say, by their keys, until all have ended: no gap, no repeat.

    Raises what ends the call as a whole and will not pass, as ValidationFailedError.
    """
    many = _Many(connection, {key: _Query(key, request, cursors) for key, request in requests.items()})
    reopening = Reopening(connection.retry)
    while True:
        failure: MillstreamError | None = None
        try:
            async with aclosing(many.read(reopening)) as events:
                async for event in events:
                    yield event
        except MillstreamError as error:
            failure = error
        if not failure and not many.queries:
            return
        await reopening.after(failure)


class _Many:
    """The queries that have not ended."""

    def __init__(self, connection: Connection, queries: dict[str, _Query]) -> None:
        self._connection = connection
        self.queries = queries

    def _method(self) -> "grpc.aio.UnaryStreamMultiCallable[WatchRequest, WatchResponse]":
        return self._connection.stub(WatchServiceStub).Watch

    async def read(self, reopening: Reopening) -> AsyncGenerator[Watched, None]:
        """Yield what one call brings. Raises what it ends with, or what a query does that may pass."""
        request = WatchRequest(queries=[query.open() for query in self.queries.values()])
        async with aclosing(self._connection.stream(self._method, request)) as messages:
            async for message in messages:
                events = self._take(message, reopening)
                if events is None:
                    return
                if events:
                    reopening.note_progress()
                for event in events:
                    yield event

    def _take(self, message: WatchResponse, reopening: Reopening) -> list[Watched] | None:
        """Return what a message brings; None where all is to be opened again. Raises what may pass."""
        query = self.queries[message.id]
        if not message.HasField("error"):
            return query.take(message.response)
        error = error_from_status(message.error) if message.error.code else None
        if error is not None:
            if query.drops_token(error):
                return None
            if reopening.may_pass(error):
                raise error
        del self.queries[message.id]
        return [Watched(query.key, error=error)]
