"""One call in each protocol, as its own clients make it.

Sources: https://connectrpc.com/docs/protocol, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
"""

import base64
import gzip
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from tests.deadline import within
from tests.rpc.transports.http1 import Response, connected
from tests.rpc.transports.served import path_of

HEAD = struct.Struct(">BI")
_COMPRESSED = 1
_END_OF_STREAM, _TRAILERS = 2, 128
_CODES = {"canceled": "CANCELLED"}


@dataclass(frozen=True)
class Outcome:
    """How a call ended: the code's name, its text, the types of its details with their bytes, and its messages."""

    code: str
    message: str = ""
    details: Sequence[tuple[str, bytes]] = ()
    messages: Sequence[Any] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    end: int = 0
    """The bytes that the status had on its way."""


class Protocol:
    """What is called over HTTP/1.1."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    async def call(
        self,
        address: str,
        method: MethodDescriptor,
        message: Message | bytes,
        *,
        seconds: float | None = None,
        zipped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Make a call. Bytes are sent as they are in place of the message's; `zipped`: compressed by gzip."""
        async with connected(address) as connection:
            path, all_headers, body = self.request(method, message, seconds=seconds, zipped=zipped)
            response = await connection.ask("POST", path, all_headers | dict(headers or {}), body)
        return self.outcome(method, response)

    def request(
        self, method: MethodDescriptor, message: Message | bytes, *, seconds: float | None = None, zipped: bool = False
    ) -> tuple[str, dict[str, str], bytes]:
        """Return the path, the headers and the body of a call."""
        raise NotImplementedError

    def outcome(self, method: MethodDescriptor, response: Response) -> Outcome:
        """Read what came back."""
        raise NotImplementedError


class Connect(Protocol):
    """Connect: `codec` is json or proto."""

    def __init__(self, codec: str) -> None:
        super().__init__(f"connect-{codec}")
        self._codec = codec

    def request(
        self, method: MethodDescriptor, message: Message | bytes, *, seconds: float | None = None, zipped: bool = False
    ) -> tuple[str, dict[str, str], bytes]:
        data = message if isinstance(message, bytes) else self._written(message)
        headers = {"content-type": f"application/{self._codec}"}
        if seconds is not None:
            headers["connect-timeout-ms"] = str(round(seconds * 1000))
        if method.server_streaming:
            headers["content-type"] = f"application/connect+{self._codec}"
            headers |= {"connect-content-encoding": "gzip"} if zipped else {}
            return path_of(method), headers, framed(data, zipped=zipped)
        headers |= {"content-encoding": "gzip"} if zipped else {}
        return path_of(method), headers, gzip.compress(data) if zipped else data

    def _written(self, message: Message) -> bytes:
        if self._codec == "proto":
            return message.SerializeToString()
        return json_format.MessageToJson(message).encode()

    def _read(self, method: MethodDescriptor, data: bytes) -> Any:
        kind: Any = GetMessageClass(method.output_type)
        return kind.FromString(data) if self._codec == "proto" else json_format.Parse(data, kind())

    def outcome(self, method: MethodDescriptor, response: Response) -> Outcome:
        if not response.headers.get("content-type", "").startswith("application/"):
            return Outcome(f"HTTP {response.status}", response.body.decode(), headers=response.headers)
        if method.server_streaming:
            return self._stream(method, response)
        if response.status == 200:
            return Outcome("OK", messages=[self._read(method, response.body)], headers=response.headers)
        return _connect_error(json.loads(response.body), (), response, len(response.body))

    def _stream(self, method: MethodDescriptor, response: Response) -> Outcome:
        *frames, (flags, last) = unframed(response.body)
        assert flags == _END_OF_STREAM
        messages = [self._read(method, data) for _, data in frames]
        error = json.loads(last).get("error")
        if error is None:
            return Outcome("OK", messages=messages, headers=response.headers)
        return _connect_error(error, messages, response, len(last))


def _connect_error(error: Any, messages: Sequence[Any], response: Response, size: int) -> Outcome:
    details = [(one["type"], _from_base64(one["value"])) for one in error.get("details", ())]
    code = _CODES.get(error["code"], error["code"].upper())
    return Outcome(code, error.get("message", ""), details, messages, response.headers, size)


class Web(Protocol):
    """gRPC-Web, in base64 if `text`."""

    def __init__(self, *, text: bool) -> None:
        super().__init__("web-text" if text else "web")
        self._text = text

    def request(
        self, method: MethodDescriptor, message: Message | bytes, *, seconds: float | None = None, zipped: bool = False
    ) -> tuple[str, dict[str, str], bytes]:
        data = message if isinstance(message, bytes) else message.SerializeToString()
        headers = {"content-type": "application/grpc-web-text" if self._text else "application/grpc-web+proto"}
        if seconds is not None:
            headers["grpc-timeout"] = f"{round(seconds * 1000)}m"
        headers |= {"grpc-encoding": "gzip"} if zipped else {}
        body = framed(data, zipped=zipped)
        return path_of(method), headers, base64.b64encode(body) if self._text else body

    def outcome(self, method: MethodDescriptor, response: Response) -> Outcome:
        if not response.headers.get("content-type", "").startswith("application/"):
            return Outcome(f"HTTP {response.status}", response.body.decode(), headers=response.headers)
        body = _parts(response.body) if self._text else response.body
        *frames, (flags, last) = unframed(body)
        assert flags == _TRAILERS
        kind: Any = GetMessageClass(method.output_type)
        messages = [kind.FromString(data) for _, data in frames]
        trailers = dict(line.partition(": ")[::2] for line in last.decode().split("\r\n") if line)
        status = Status.FromString(_from_base64(trailers.get("grpc-status-details-bin", "")))
        return _grpc_outcome(trailers, status, messages, response.headers, len(last))


def _grpc_outcome(
    trailers: Mapping[str, str], status: Status, messages: Sequence[Any], headers: Mapping[str, str], size: int
) -> Outcome:
    details = [(one.type_url.rpartition("/")[2], one.value) for one in status.details]
    code = Code.Name(int(trailers["grpc-status"]))
    return Outcome(code, unquote(trailers.get("grpc-message", "")), details, messages, headers, size)


class Grpc(Protocol):
    """gRPC itself, over HTTP/2, by grpcio."""

    def __init__(self) -> None:
        super().__init__("grpc")

    async def call(
        self,
        address: str,
        method: MethodDescriptor,
        message: Message | bytes,
        *,
        seconds: float | None = None,
        zipped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Outcome:
        data = message if isinstance(message, bytes) else message.SerializeToString()
        messages: list[Any] = []
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                await within(_fill(channel, method, data, seconds, zipped, headers or {}, messages))
        except grpc.aio.AioRpcError as error:
            trailing: Any = error.trailing_metadata()
            data = dict(trailing or ()).get("grpc-status-details-bin", b"")
            trailers = {"grpc-status": str(error.code().value[0]), "grpc-message": error.details() or ""}
            return _grpc_outcome(trailers, Status.FromString(data), messages, {}, len(data) * 4 // 3)
        return Outcome("OK", messages=messages)


async def _fill(
    channel: Any,
    method: MethodDescriptor,
    data: bytes,
    seconds: float | None,
    zipped: bool,
    headers: Mapping[str, str],
    messages: list[Any],
) -> None:
    kind: Any = GetMessageClass(method.output_type)
    rpc = channel.unary_stream if method.server_streaming else channel.unary_unary
    compression = grpc.Compression.Gzip if zipped else None
    call = rpc(path_of(method))(data, timeout=seconds, compression=compression, metadata=tuple(headers.items()))
    if method.server_streaming:
        async for answer in call:
            messages.append(kind.FromString(answer))  # noqa: PERF401 - those before an error count
    else:
        messages.append(kind.FromString(await call))


def framed(data: bytes, flags: int = 0, *, zipped: bool = False) -> bytes:
    """Return a message in its frame."""
    data, flags = (gzip.compress(data), flags | _COMPRESSED) if zipped else (data, flags)
    return HEAD.pack(flags, len(data)) + data


def unframed(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the flags of each frame, and what is in it."""
    while body:
        flags, size = HEAD.unpack_from(body)
        assert len(body) >= HEAD.size + size, "a frame ends before its time"
        yield flags, body[HEAD.size : HEAD.size + size]
        body = body[HEAD.size + size :]


def _parts(text: bytes) -> bytes:
    """Return what is in base64, in parts that each have their padding."""
    return b"".join(base64.b64decode(text[at : at + 4], validate=True) for at in range(0, len(text), 4))


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


OVER_HTTP1: Sequence[Protocol] = (Connect("json"), Connect("proto"), Web(text=False), Web(text=True))
PROTOCOLS: Sequence[Protocol] = (*OVER_HTTP1, Grpc())
