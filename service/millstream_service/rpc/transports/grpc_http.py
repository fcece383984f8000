"""gRPC and gRPC-Web over ASGI: frames, deadlines, trailers. What HTTP/2 itself needs is the server's that runs it.

Sources: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md,
https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from google.rpc.code_pb2 import Code

from millstream_service.errors import MillstreamServiceError
from millstream_service.rpc.call import BrokenCallError, Route, Status
from millstream_service.rpc.status import status_of
from millstream_service.rpc.transports.frames import ENCODINGS, frame
from millstream_service.rpc.transports.headers import headers_of, parse_timeout, trailers_of
from millstream_service.rpc.transports.http_call import Event, Headers, HttpCall, Receive, Scope, Send, serve

_ACCEPTED = (b"grpc-accept-encoding", ",".join(ENCODINGS).encode())
_HEADERS: Headers = [(b"content-type", b"application/grpc"), _ACCEPTED]
_START: Event = {"type": "http.response.start", "status": 200, "headers": _HEADERS, "trailers": True}
_END: Event = {"type": "http.response.trailers", "headers": trailers_of(None), "more_trailers": False}
_NOTHING: Event = {"type": "http.response.body", "body": b"", "more_body": False}
_TRAILERS = 128
"""The flag of a frame with trailers, in gRPC-Web."""


async def serve_grpc(route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
    """Serve one call of gRPC."""
    await _serve(_GrpcCall(route, scope, receive, send, _encoding(headers)), headers)


async def serve_web(
    route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send, *, text: bool
) -> None:
    """Serve one call of gRPC-Web; `text`: in base64, as browsers' older interface needs it."""
    kind = _WebTextCall if text else _WebCall
    await _serve(kind(route, scope, receive, send, _encoding(headers)), headers)


async def _serve(call: HttpCall, headers: Mapping[bytes, bytes]) -> None:
    timeout = headers.get(b"grpc-timeout")
    try:
        seconds = None if timeout is None else parse_timeout(timeout)
    except MillstreamServiceError as error:
        await call.end(status_of(error))
        return
    await serve(call, seconds)


def _encoding(headers: Mapping[bytes, bytes]) -> str:
    return headers.get(b"grpc-encoding", b"identity").decode("latin-1")


class _GrpcCall(HttpCall):
    """A call of gRPC's."""

    __slots__ = ()

    async def start(self) -> None:
        self._started = True
        start = _START if not self.headers else {**_START, "headers": [*_HEADERS, *headers_of(self.headers)]}
        await self.put(start)

    async def answer(self, message: bytes) -> None:
        await self.start()
        await self.put_body(self.pack(message), more=False)
        await self._put_trailers(None)

    async def end(self, status: Status | None) -> None:
        if self.headers and not self._started:
            await self.start()  # beside a status they would count as trailers
        if self._started:
            await self.put(_NOTHING)
            await self._put_trailers(status)
        else:
            headers = [*_HEADERS, *trailers_of(status, self.trailers)]
            await self.put({"type": "http.response.start", "status": 200, "headers": headers})
            await self.put(_NOTHING)

    async def _put_trailers(self, status: Status | None) -> None:
        if status is None and not self.trailers:
            await self.put(_END)
        else:
            trailers = trailers_of(status, self.trailers)
            await self.put({"type": "http.response.trailers", "headers": trailers, "more_trailers": False})


class _WebCall(HttpCall):
    """A call of gRPC-Web's: trailers are the last frame of the body."""

    __slots__ = ()
    _kind = b"application/grpc-web+proto"

    def _encode(self, data: bytes) -> bytes:
        return data

    def pack(self, message: bytes) -> bytes:
        return self._encode(super().pack(message))

    async def start(self) -> None:
        self._started = True
        headers = [(b"content-type", self._kind), _ACCEPTED, *headers_of(self.headers)]
        await self.put({"type": "http.response.start", "status": 200, "headers": headers})

    async def answer(self, message: bytes) -> None:
        await self.start()
        await self._put_last(frame(message), None)

    async def end(self, status: Status | None) -> None:
        if not self._started:
            await self.start()
        await self._put_last(b"", status)

    async def _put_last(self, before: bytes, status: Status | None) -> None:
        trailers = b"".join(b"%s: %s\r\n" % pair for pair in trailers_of(status, self.trailers))
        body = self._encode(before + frame(trailers, _TRAILERS))
        await self.put_body(body, more=False)


class _WebTextCall(_WebCall):
    """The same in base64: each part is encoded by itself, with its padding."""

    __slots__ = ()
    _kind = b"application/grpc-web-text+proto"

    def _encode(self, data: bytes) -> bytes:
        return binascii.b2a_base64(data, newline=False)

    async def only_message(self) -> bytes:
        body = await self._body(2 * self.route.max_bytes)  # a third of it is base64's, and some may be frames'
        try:
            data = b"".join(binascii.a2b_base64(part + b"=" * (-len(part) % 4)) for part in body.split(b"="))
        except binascii.Error:
            raise BrokenCallError(Code.INVALID_ARGUMENT, "the request is no base64") from None
        return await self._collect({"type": "http.request", "body": data, "more_body": False})
