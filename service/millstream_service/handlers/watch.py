"""WatchService: many streams in one.

The cycle: each query runs as a call of its RPC does, on what the composition root hands over (`streams`); its messages
get the query's id in front, as bytes, and are merged into one stream (`reactive.merging`).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from millstream.common.v1.watch_service_pb2 import WatchQuery, WatchRequest, WatchResponse
from millstream_service.convert.fields import identifier
from millstream_service.convert.wire import DELIMITED, encode_delimited, tag, varint
from millstream_service.errors import ValidationFailedError
from millstream_service.reactive.merging import Send, merge
from millstream_service.security.caller import Caller
from millstream_service.security.rpc_table import MAX_REQUEST_BYTES, Bounds, Rpc

MAX_QUERIES = 100
MAX_READ = 10_000
"""So many empty queries are read, to be refused with our words; more are refused unread."""
RPCS = {
    "millstream.common.v1.WatchService": {
        "Watch": Rpc("common", None, "queries", bounds=Bounds(MAX_REQUEST_BYTES, {"queries": MAX_READ}))
    }
}
_MAX_NAME = 200
"""So much of a type that nobody knows is shown."""
_TYPES = "type.googleapis.com/"
_TYPE_URL, _VALUE = 1, 2
"""The fields of google.protobuf.Any."""


@dataclass(frozen=True, slots=True)
class WatchedStream:
    """An RPC that can be watched. `response_type` is the full name of its responses.

    `run` takes the bytes of a request, its caller, and what takes the bytes of each response. It returns the
    google.rpc.Status that the RPC ends with, serialized: no bytes where it ends well. It raises nothing.
    """

    response_type: str
    run: Callable[[bytes, Caller, Send], Awaitable[bytes]]


class Watcher:
    """See protos/millstream/common/v1/watch_service.proto. `streams` has those that there are, by type of request."""

    def __init__(self, streams: Mapping[str, WatchedStream]) -> None:
        self._streams = streams

    def Watch(self, request: WatchRequest, caller: Caller) -> AsyncGenerator[bytes, None]:
        """Send what all queries send."""
        return merge(list(self._queries(request, caller)))

    def _queries(self, request: WatchRequest, caller: Caller) -> Iterator["_Query"]:
        """Yield a source of messages for each query. Raises ValidationFailedError."""
        count = len(request.queries)
        if not 1 <= count <= MAX_QUERIES:
            raise ValidationFailedError("queries", f"has {count} elements, 1 to {MAX_QUERIES} are allowed")
        seen: set[str] = set()
        for index, query in enumerate(request.queries):
            path = f"queries[{index}]"
            identifier(f"{path}.id", query.id)
            if query.id in seen:
                raise ValidationFailedError(f"{path}.id", f"{query.id} is the id of another query, too")
            seen.add(query.id)
            yield _Query(query, self._stream(f"{path}.request", query.request.type_url), caller)

    def _stream(self, path: str, type_url: str) -> WatchedStream:
        found = self._streams.get(type_url.rpartition("/")[2])
        if found is None:
            said = f"is {type_url[:_MAX_NAME]!r}" if type_url else "is missing"
            raise ValidationFailedError(path, f"{said}, must be the request of an RPC named Stream… or Tail…")
        return found


class _Query:
    """One stream of many: what its messages begin with, and how to run it."""

    __slots__ = ("_caller", "_head", "_request", "_stream", "_type")

    def __init__(self, query: WatchQuery, stream: WatchedStream, caller: Caller) -> None:
        self._head = encode_delimited(WatchResponse.ID_FIELD_NUMBER, query.id.encode())
        self._type = encode_delimited(_TYPE_URL, (_TYPES + stream.response_type).encode())
        self._request = query.request.value
        self._stream = stream
        self._caller = caller

    async def __call__(self, send: Send) -> bytes:
        """Run it; return its last message."""

        async def send_response(data: bytes) -> None:
            await send(self._wrap(data))

        status = await self._stream.run(self._request, self._caller, send_response)
        return self._head + encode_delimited(WatchResponse.ERROR_FIELD_NUMBER, status)

    def _wrap(self, data: bytes) -> bytes:
        """Return a WatchResponse with the bytes of a response. They may be megabytes: they are copied once."""
        inner = self._type + tag(_VALUE, DELIMITED) + varint(len(data))
        outer = tag(WatchResponse.RESPONSE_FIELD_NUMBER, DELIMITED) + varint(len(inner) + len(data))
        return b"".join((self._head, outer, inner, data))
