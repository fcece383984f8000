"""Watching a query: one stream for all consumers of an equal query, opened again whenever it breaks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from contextlib import aclosing, asynccontextmanager
from typing import Generic, TypeVar

from millstream.errors import ClientClosedError, MillstreamError
from millstream.streams.assembly import StreamResponse
from millstream.streams.mailbox import Mailbox
from millstream.streams.query import StreamRequest, WatchQuery
from millstream.streams.reopening import Reopening
from millstream.streams.snapshot import SnapshotCursor
from millstream.transport.connection import Connection

RequestT = TypeVar("RequestT", bound=StreamRequest)
ResponseT = TypeVar("ResponseT", bound=StreamResponse)
T = TypeVar("T")


class Watch(Generic[RequestT, ResponseT, T]):
    """One stream and its consumers.

    Cycle: the first consumer joins and the task starts -> call -> messages -> assembly -> a value into every mailbox ->
    the call breaks and is opened again with the token -> the last consumer leaves and the task is cancelled. All
    fields belong to the event loop.
    """

    def __init__(self, connection: Connection, query: WatchQuery[RequestT, ResponseT, T]) -> None:
        self._connection = connection
        self._query = query
        self._cursor = SnapshotCursor(query.request, query.assembly())
        self._mailboxes: set[Mailbox[T]] = set()
        self._error: Exception | None = None
        self._task = asyncio.create_task(self._run(), name=f"millstream watch {type(query.request).__name__}")

    @property
    def failed(self) -> bool:
        """Whether the stream ended with an error, for good."""
        return self._error is not None

    def join(self) -> Mailbox[T]:
        """Add a consumer. Its mailbox holds the current value from the start, where there is one."""
        mailbox = Mailbox[T]()
        self._mailboxes.add(mailbox)
        for value in self._cursor.value:
            mailbox.put(value)
        return mailbox

    def leave(self, mailbox: Mailbox[T]) -> bool:
        """Remove a consumer. Returns whether it was the last one."""
        self._mailboxes.discard(mailbox)
        return not self._mailboxes

    def fail(self, error: Exception) -> None:
        """End the stream for all its consumers."""
        self._error = error
        for mailbox in self._mailboxes:
            mailbox.fail(error)

    async def stop(self) -> None:
        """Cancel the stream and wait until nothing of it is left."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        reopening = Reopening(self._connection.retry)
        try:
            while True:
                await reopening.after(await self._read_one_call(reopening))
        except Exception as error:
            self.fail(error)  # whatever it is: callers that wait must hear of it

    async def _read_one_call(self, reopening: Reopening) -> MillstreamError | None:
        """Read until the call ends. Returns why it did."""
        try:
            await self._read(reopening)
        except MillstreamError as error:
            return None if self._cursor.drops_token(error) else error
        return None

    async def _read(self, reopening: Reopening) -> None:
        self._cursor.reopen()
        async with aclosing(self._connection.stream(self._query.method, self._query.request)) as messages:
            async for response in messages:
                reopening.note_progress()
                for value in self._cursor.take(response):
                    self._publish(value)

    def _publish(self, value: T) -> None:
        for mailbox in self._mailboxes:
            mailbox.put(value)


class Watches:
    """The watches of one client, by query. All fields belong to the event loop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_key: dict[Hashable, Watch] = {}  # type: ignore[type-arg] # of each its own types

    async def follow(self, query: WatchQuery[RequestT, ResponseT, T]) -> AsyncGenerator[T, None]:
        """Yield the value of a query now, and again whenever it changes. Each value is the consumer's own copy."""
        async with self._join(query) as mailbox:
            while True:
                yield query.copied(await mailbox.take())

    @asynccontextmanager
    async def _join(self, query: WatchQuery[RequestT, ResponseT, T]) -> AsyncIterator[Mailbox[T]]:
        key = query.key()
        watch = self._watch(key, query)
        mailbox = watch.join()
        try:
            yield mailbox
        finally:
            if watch.leave(mailbox):
                if self._by_key.get(key) is watch:
                    del self._by_key[key]
                await watch.stop()

    def _watch(self, key: Hashable, query: WatchQuery[RequestT, ResponseT, T]) -> Watch[RequestT, ResponseT, T]:
        watch: Watch[RequestT, ResponseT, T] | None = self._by_key.get(key)
        if watch is None or watch.failed:
            watch = self._by_key[key] = Watch(self._connection, query)
        return watch

    async def close(self) -> None:
        """End all watches: their consumers get ClientClosedError."""
        watches = list(self._by_key.values())
        self._by_key.clear()
        for watch in watches:
            watch.fail(ClientClosedError("the client was closed during the watch"))
        for watch in watches:
            await watch.stop()
