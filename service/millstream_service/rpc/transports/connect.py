"""The Connect protocol over ASGI: unary calls as plain HTTP, streams of the server's in frames.

Source: https://connectrpc.com/docs/protocol
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from google.protobuf import json_format
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status as Details

from millstream_service.errors import MillstreamServiceError, ValidationFailedError
from millstream_service.rpc.call import Metadata, Route, Status
from millstream_service.rpc.status import status_of
from millstream_service.rpc.transports.codecs import PROTO, Codec, json_codec
from millstream_service.rpc.transports.frames import ENCODINGS, decompress, frame
from millstream_service.rpc.transports.headers import headers_of
from millstream_service.rpc.transports.http_call import HttpCall, Receive, Scope, Send, serve

_MAX_TIMEOUT_DIGITS = 10
_END_OF_STREAM = 2
"""The flag of the last frame of a stream."""
_OK = 200
_HTTP_STATUSES = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}


def codec_of(route: Route, name: str) -> Codec:
    """Return the codec of this name: json or proto, also for what is neither."""
    return json_codec(route.method) if name == "json" else PROTO


async def serve_unary(
    route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send, codec: str
) -> None:
    """Serve a unary call."""
    encoding = headers.get(b"content-encoding", b"identity").decode("latin-1")
    call = _UnaryCall(route, scope, receive, send, encoding, codec_of(route, codec))
    await _serve(call, headers)


async def serve_get(route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
    """Serve a unary call whose request is in the URL."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    asked = {name: values[-1] for name, values in query.items()}
    codec = codec_of(route, asked.get("encoding", ""))
    call = _GetCall(route, scope, receive, send, asked.get("compression") or "identity", codec)
    call.asked = asked
    if codec.name != asked.get("encoding"):
        await call.end(status_of(ValidationFailedError("encoding", "must be json or proto")))
    else:
        await _serve(call, headers)


async def serve_stream(
    route: Route, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send, codec: str
) -> None:
    """Serve a stream of the server's."""
    encoding = headers.get(b"connect-content-encoding", b"identity").decode("latin-1")
    await _serve(_StreamCall(route, scope, receive, send, encoding, codec_of(route, codec)), headers)


async def _serve(call: HttpCall, headers: Mapping[bytes, bytes]) -> None:
    try:
        version = headers.get(b"connect-protocol-version", b"1")
        if version != b"1":
            raise ValidationFailedError("connect-protocol-version", "must be 1")
        seconds = _timeout(headers.get(b"connect-timeout-ms"))
    except MillstreamServiceError as error:
        await call.end(status_of(error))
        return
    await serve(call, seconds)


def _timeout(value: bytes | None) -> float | None:
    """Return the seconds of a `connect-timeout-ms`. Raises ValidationFailedError."""
    if value is None:
        return None
    if not value.isdigit() or len(value) > _MAX_TIMEOUT_DIGITS:
        raise ValidationFailedError("connect-timeout-ms", f"must be up to {_MAX_TIMEOUT_DIGITS} digits")
    return int(value) / 1000


class _ConnectCall(HttpCall):
    """What both kinds of calls share."""

    __slots__ = ("codec",)

    def __init__(self, route: Route, scope: Scope, receive: Receive, send: Send, encoding: str, codec: Codec) -> None:
        super().__init__(route, scope, receive, send, encoding)
        self.codec = codec


class _UnaryCall(_ConnectCall):
    """A unary call: the request is the body, and so is the answer."""

    __slots__ = ()

    async def only_message(self) -> bytes:
        return self._decode(await self._body(self.route.max_bytes))

    def _decode(self, data: bytes) -> bytes:
        if self.encoding != "identity" and data:
            data = decompress(data, self.encoding, self.route.max_bytes)
        return self.codec.decode(data)

    async def answer(self, message: bytes) -> None:
        body = self.codec.encode(message)
        await self._respond(_OK, b"application/" + self.codec.name.encode(), body)

    async def end(self, status: Status | None) -> None:
        if status is not None:
            body = json.dumps(error_of(status), ensure_ascii=False).encode()
            await self._respond(_HTTP_STATUSES[status.code], b"application/json", body)

    async def _respond(self, code: int, kind: bytes, body: bytes) -> None:
        headers = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"accept-encoding", ",".join(ENCODINGS).encode()),
            *headers_of(self.headers),
            *((b"trailer-" + name, value) for name, value in headers_of(self.trailers)),
        ]
        await self.put({"type": "http.response.start", "status": code, "headers": headers})
        await self.put_body(body, more=False)


class _GetCall(_UnaryCall):
    """A unary call without effect, by GET: `asked` is what its URL says."""

    __slots__ = ("asked",)
    asked: Mapping[str, str]

    async def only_message(self) -> bytes:
        text = self.asked.get("message", "")
        if self.asked.get("base64") != "1":
            data = text.encode()
        else:
            try:
                data = binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
            except binascii.Error:
                raise ValidationFailedError("message", "is no base64") from None
        return self._decode(data)


class _StreamCall(_ConnectCall):
    """A stream: messages in frames, and the status in the last one."""

    __slots__ = ()

    async def only_message(self) -> bytes:
        return self.codec.decode(await super().only_message())

    async def start(self) -> None:
        self._started = True
        headers = [
            (b"content-type", b"application/connect+" + self.codec.name.encode()),
            (b"connect-accept-encoding", ",".join(ENCODINGS).encode()),
            *headers_of(self.headers),
        ]
        await self.put({"type": "http.response.start", "status": _OK, "headers": headers})

    def pack(self, message: bytes) -> bytes:
        return super().pack(self.codec.encode(message))

    async def end(self, status: Status | None) -> None:
        if not self._started:
            await self.start()
        last: dict[str, Any] = {} if status is None else {"error": error_of(status)}
        if self.trailers:
            last["metadata"] = _lists(self.trailers)
        body = frame(json.dumps(last, ensure_ascii=False).encode(), _END_OF_STREAM)
        await self.put_body(body, more=False)


def _lists(metadata: Metadata) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in headers_of(metadata):
        lists.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return lists


def error_of(status: Status) -> dict[str, Any]:
    """Return a status as Connect has it in JSON."""
    name = "canceled" if status.code == Code.CANCELLED else Code.Name(status.code).lower()
    error: dict[str, Any] = {"code": name}
    if status.message:
        error["message"] = status.message
    if details := [_detail(one) for one in Details.FromString(status.details).details]:
        error["details"] = details
    return error


def _detail(packed: Any) -> dict[str, Any]:
    """Return one detail: its type, its bytes in base64, and for people what they say."""
    kind = packed.type_url.rpartition("/")[2]
    value = binascii.b2a_base64(packed.value, newline=False).rstrip(b"=").decode("ascii")
    detail: dict[str, Any] = {"type": kind, "value": value}
    try:
        debug = json_format.MessageToDict(packed)
    except (TypeError, KeyError, ValueError):
        return detail  # of a type that is not ours
    debug.pop("@type", None)
    return {**detail, "debug": debug}
