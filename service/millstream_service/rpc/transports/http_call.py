"""A call over ASGI, whatever protocol it is in: what is shared by gRPC, gRPC-Web and Connect.

A protocol says how messages are framed, and how a call ends: it extends `HttpCall`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from google.rpc.code_pb2 import Code

from millstream_service.errors import MessageTooLargeError, MillstreamServiceError
from millstream_service.rpc.call import BrokenCallError, ClientGoneError, Metadata, Route, Status
from millstream_service.rpc.status import status_of
from millstream_service.rpc.transports.frames import HEAD, Deframer, check_encoding, frame
from millstream_service.rpc.transports.headers import metadata_of

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

PIECE_BYTES = 16 << 10
"""As much as a frame of HTTP/2 has."""
_STATUS_SECONDS = 5.0
"""How long the status of a stream may take to go out: its client may read nothing."""


class HttpCall:
    """One call. `encoding` is how its client compresses messages."""

    __slots__ = ("_receive", "_send", "_started", "encoding", "headers", "route", "scope", "trailers")

    def __init__(self, route: Route, scope: Scope, receive: Receive, send: Send, encoding: str) -> None:
        self.route, self.scope, self._receive, self._send = route, scope, receive, send
        self.encoding = encoding
        self.headers: Metadata = ()
        self.trailers: Metadata = ()
        self._started = False

    @property
    def peer(self) -> str:
        """See Call."""
        client = self.scope.get("client")
        if client is None:
            return "unix:"
        host, port = client
        return sys.intern(f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}")

    @property
    def metadata(self) -> Mapping[str, str | bytes]:
        """See Call."""
        return metadata_of(self.scope["headers"])

    def incoming(self) -> AsyncIterator[bytes]:
        """See Call."""
        return Incoming(self._receive, self._deframer())

    async def only_message(self) -> bytes:
        """Return the message of a request that has one.

        Raises MillstreamServiceError, BrokenCallError, ClientGoneError.
        """
        event = await self._receive()
        body: bytes = event.get("body", b"")
        if not event.get("more_body") and len(body) >= HEAD.size:
            flags, size = HEAD.unpack_from(body)
            if not flags and size == len(body) - HEAD.size <= self.route.max_bytes:
                return body[HEAD.size :]
        return await self._collect(event)

    async def _collect(self, event: Event) -> bytes:
        messages = Incoming(self._receive, self._deframer())
        messages.take(event)
        message = await anext(messages, None)
        if message is None:
            raise BrokenCallError(Code.UNIMPLEMENTED, "the request is missing: this RPC takes one")
        if await anext(messages, None) is not None:
            raise BrokenCallError(Code.UNIMPLEMENTED, "more than one request: this RPC takes one")
        return message

    async def _body(self, max_bytes: int) -> bytes:
        """Return the whole body, refused by what its head says where that is too much. Raises as `only_message`."""
        length = next((value for name, value in self.scope["headers"] if name == b"content-length"), b"0")
        body = bytearray()
        size, more = int(length) if length.isdigit() else 0, True
        while more and size <= max_bytes:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise ClientGoneError
            body += event.get("body", b"")
            size, more = len(body), event.get("more_body", False)
        if size > max_bytes:
            raise MessageTooLargeError("request", self.route.max_bytes, size)
        return bytes(body)

    def _deframer(self) -> Deframer:
        return Deframer(self.route.max_bytes, self.encoding)

    async def start(self) -> None:
        """See Call."""
        raise NotImplementedError

    async def write(self, message: bytes) -> None:
        """See Call."""
        if not self._started:
            await self.start()
        await self.put_body(self.pack(message), more=True)

    def pack(self, message: bytes) -> bytes:
        """Return a message as it goes into the body."""
        return frame(message)

    async def answer(self, message: bytes) -> None:
        """Send the answer of a unary call, which ends it. Raises ClientGoneError."""
        raise NotImplementedError

    async def end(self, status: Status | None) -> None:
        """End a stream, or a call that has failed; None is OK. Raises ClientGoneError."""
        raise NotImplementedError

    async def put_body(self, data: bytes, *, more: bool) -> None:
        """Send a part of the body. Raises ClientGoneError.

        What a connection has sent, and its client has not taken, is bounded in all, and calls wait for room in turn. So
        a long part goes in pieces: between two of them others have their turn.
        """
        starts = range(0, max(len(data), 1), PIECE_BYTES)
        for start in starts:
            piece = data[start : start + PIECE_BYTES]
            await self.put({"type": "http.response.body", "body": piece, "more_body": more or start != starts[-1]})

    async def put(self, event: Event) -> None:
        """Send an event of ASGI's. Raises ClientGoneError."""
        try:
            await self._send(event)
        except OSError:
            raise ClientGoneError from None


async def serve(call: HttpCall, seconds: float | None) -> None:
    """Serve a call that has so many seconds, None: all that it takes."""
    try:
        check_encoding(call.encoding)
        with _Deadline(seconds):
            await (_stream if call.route.method.server_streaming else _unary)(call)
    except BrokenCallError as error:
        await _finish(call, error.status)
    except TimeoutError:
        await _finish(call, Status(Code.DEADLINE_EXCEEDED, "the call's deadline has passed", b""))
    except ClientGoneError:
        pass


async def _unary(call: HttpCall) -> None:
    try:
        request = await _request(call)
        answer = await call.route.behaviour(request, call)
        if not isinstance(answer, Status):
            await call.answer(answer)
            return
    except MillstreamServiceError as error:
        answer = status_of(error)
    await _finish(call, answer)


async def _request(call: HttpCall) -> bytes | None:
    """Return the request of a call that has one."""
    return None if call.route.method.client_streaming else await call.only_message()


async def _stream(call: HttpCall) -> None:
    try:
        request = await _request(call)
        status = await call.route.behaviour(request, call)
    except MillstreamServiceError as error:
        status = status_of(error)
    await _finish(call, status)


async def _finish(call: HttpCall, status: Status | None) -> None:
    try:
        async with asyncio.timeout(_STATUS_SECONDS):
            await call.end(status)
    except (TimeoutError, ClientGoneError):
        pass


class _Deadline:
    """Cancels the task that it is entered in once its time is over; leaving it raises TimeoutError then."""

    __slots__ = ("_handle", "_passed", "_seconds", "_task")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._handle: asyncio.TimerHandle | None = None
        self._passed = False
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        if self._seconds is not None:
            self._task = asyncio.current_task()
            self._handle = asyncio.get_running_loop().call_later(self._seconds, self._pass)

    def _pass(self) -> None:
        self._passed = True
        if self._task is not None:
            self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._handle is not None:
            self._handle.cancel()
            task, self._task = self._task, None
            if self._passed and kind is asyncio.CancelledError and task is not None and not task.uncancel():
                raise TimeoutError


class Incoming:
    """The messages of a stream from a client."""

    __slots__ = ("_deframer", "_ended", "_receive")

    def __init__(self, receive: Receive, deframer: Deframer) -> None:
        self._receive = receive
        self._deframer = deframer
        self._ended = False

    def __aiter__(self) -> Incoming:
        """Return itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next message. Raises MillstreamServiceError, BrokenCallError, ClientGoneError."""
        while (message := self._deframer.next()) is None:
            if self._ended:
                if self._deframer.is_empty:
                    raise StopAsyncIteration
                raise BrokenCallError(Code.INVALID_ARGUMENT, "the request ends within a message")
            self.take(await self._receive())
        return message

    def take(self, event: Event) -> None:
        """Take what came of the request. Raises ClientGoneError."""
        if event["type"] == "http.disconnect":
            raise ClientGoneError
        self._deframer.feed(event.get("body", b""))
        self._ended = not event.get("more_body")
