"""gRPC over ASGI: frames, deadlines, trailers. What HTTP/2 itself needs is the server's that runs it.

Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from google.rpc.code_pb2 import Code

from millstream_service.errors import MillstreamServiceError, ValidationFailedError
from millstream_service.rpc.call import ClientGoneError, Route, Status
from millstream_service.rpc.status import status_of
from millstream_service.rpc.transports.frames import ENCODINGS, HEAD, Deframer, frame
from millstream_service.rpc.transports.headers import metadata_of, parse_timeout, trailers_of

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

_ACCEPTED = ",".join(ENCODINGS).encode()
_HEADERS = [(b"content-type", b"application/grpc"), (b"grpc-accept-encoding", _ACCEPTED)]
_START: Event = {"type": "http.response.start", "status": 200, "headers": _HEADERS, "trailers": True}
_END: Event = {"type": "http.response.trailers", "headers": trailers_of(None), "more_trailers": False}
_NOTHING: Event = {"type": "http.response.body", "body": b"", "more_body": False}
_STATUS_SECONDS = 5.0
"""How long the status of a stream may take to go out: its client may read nothing."""


async def serve(route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
    """Serve one call."""
    call = GrpcCall(route, scope, headers, receive, send)
    try:
        deadline = Deadline(headers.get(b"grpc-timeout"))
    except MillstreamServiceError as error:
        await call.finish(status_of(error))
        return
    try:
        with deadline:
            await (_stream if route.method.server_streaming else _unary)(route, call)
    except TimeoutError:
        await call.finish(Status(Code.DEADLINE_EXCEEDED, "the call's deadline has passed", b""))
    except ClientGoneError:
        pass


async def _unary(route: Route, call: GrpcCall) -> None:
    try:
        request = await call.only_message()
    except MillstreamServiceError as error:
        await call.finish(status_of(error))
        return
    answer = await route.behaviour(request, call)
    if isinstance(answer, Status):
        await call.finish(answer)
    else:
        await call.answer(answer)


async def _stream(route: Route, call: GrpcCall) -> None:
    request = None
    if not route.method.client_streaming:
        try:
            request = await call.only_message()
        except MillstreamServiceError as error:
            await call.finish(status_of(error))
            return
    await call.finish(await route.behaviour(request, call))


class Deadline:
    """Cancels the task that it is entered in once its time is over; leaving it raises TimeoutError then."""

    __slots__ = ("_handle", "_passed", "_seconds", "_task")

    def __init__(self, timeout: bytes | None) -> None:
        """Take a `grpc-timeout`. Raises ValidationFailedError."""
        self._seconds = None if timeout is None else parse_timeout(timeout)
        self._handle: asyncio.TimerHandle | None = None
        self._passed = False
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        """Begin."""
        if self._seconds is not None:
            self._task = asyncio.current_task()
            self._handle = asyncio.get_running_loop().call_later(self._seconds, self._pass)

    def _pass(self) -> None:
        self._passed = True
        assert self._task is not None  # noqa: S101 - it was entered
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End. Raises TimeoutError."""
        if self._handle is not None:
            self._handle.cancel()
            task, self._task = self._task, None
            if self._passed and kind is asyncio.CancelledError and task is not None and not task.uncancel():
                raise TimeoutError


class GrpcCall:
    """One call of gRPC's, over ASGI."""

    __slots__ = ("_encoding", "_receive", "_route", "_scope", "_send", "_started")

    def __init__(
        self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        self._route, self._scope, self._receive, self._send = route, scope, receive, send
        self._encoding = headers.get(b"grpc-encoding", b"identity").decode("latin-1")
        self._started = False

    @property
    def peer(self) -> str:
        """See Call."""
        return peer_of(self._scope)

    @property
    def metadata(self) -> Mapping[str, str | bytes]:
        """See Call."""
        return metadata_of(self._scope["headers"])

    def incoming(self) -> AsyncIterator[bytes]:
        """See Call."""
        return _Incoming(self._receive, self._deframer())

    async def only_message(self) -> bytes:
        """Return the message of a request that has one. Raises MillstreamServiceError and ClientGoneError."""
        event = await self._receive()
        body: bytes = event.get("body", b"")
        if not event.get("more_body") and len(body) >= HEAD.size:
            flags, size = HEAD.unpack_from(body)
            if not flags and size == len(body) - HEAD.size <= self._route.max_bytes:
                return body[HEAD.size :]
        return await self._collect(event)

    async def _collect(self, event: Event) -> bytes:
        messages = _Incoming(self._receive, self._deframer())
        messages.take(event)
        message = await anext(messages, None)
        if message is None:
            raise ValidationFailedError("request", "is missing")
        if await anext(messages, None) is not None:
            raise ValidationFailedError("request", "is followed by another one")
        return message

    def _deframer(self) -> Deframer:
        return Deframer(self._route.max_bytes, self._encoding)

    async def start(self) -> None:
        """See Call."""
        self._started = True
        await self._put(_START)

    async def write(self, message: bytes) -> None:
        """See Call."""
        if not self._started:
            await self.start()
        await self._put({"type": "http.response.body", "body": frame(message), "more_body": True})

    async def answer(self, message: bytes) -> None:
        """Send the answer of a unary call, which ends it."""
        await self._put(_START)
        await self._put({"type": "http.response.body", "body": frame(message), "more_body": False})
        await self._put(_END)

    async def finish(self, status: Status | None) -> None:
        """End the call with a status; None is OK."""
        try:
            async with asyncio.timeout(_STATUS_SECONDS):
                await self._finish(status)
        except (TimeoutError, ClientGoneError):
            pass

    async def _finish(self, status: Status | None) -> None:
        if self._started:
            await self._put(_NOTHING)
            await self._put({"type": "http.response.trailers", "headers": trailers_of(status), "more_trailers": False})
        else:
            headers = _HEADERS + trailers_of(status)
            await self._put({"type": "http.response.start", "status": 200, "headers": headers})
            await self._put(_NOTHING)

    async def _put(self, event: Event) -> None:
        try:
            await self._send(event)
        except OSError:
            raise ClientGoneError from None


class _Incoming:
    """The messages of a stream from a client."""

    __slots__ = ("_deframer", "_ended", "_receive")

    def __init__(self, receive: Receive, deframer: Deframer) -> None:
        self._receive = receive
        self._deframer = deframer
        self._ended = False

    def __aiter__(self) -> _Incoming:
        return self

    async def __anext__(self) -> bytes:
        """Return the next message. Raises MillstreamServiceError and ClientGoneError."""
        while (message := self._deframer.next()) is None:
            if self._ended:
                if self._deframer.is_empty:
                    raise StopAsyncIteration
                raise ValidationFailedError("request", "ends before its time")
            self.take(await self._receive())
        return message

    def take(self, event: Event) -> None:
        """Take what came of the request. Raises ClientGoneError."""
        if event["type"] == "http.disconnect":
            raise ClientGoneError
        self._deframer.feed(event.get("body", b""))
        self._ended = not event.get("more_body")


def peer_of(scope: Scope) -> str:
    """Return the other end of a call, as gRPC writes it."""
    client = scope.get("client")
    if client is None:
        return "unix:"
    host, port = client
    return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"
