"""What can be watched, and how its messages become values."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from millstream.common.v1.position_pb2 import StreamOptions
from millstream.streams.assembly import Assembly, ListAssembly, StreamResponse
from millstream.transport.creation import copy_message


class StreamRequest(Protocol):
    """Any request of a `Stream…` RPC."""

    @property
    def options(self) -> StreamOptions:
        """How to deliver."""
        ...

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes:
        """Return the bytes on the wire."""
        ...


RequestT = TypeVar("RequestT", bound=StreamRequest)
ResponseT = TypeVar("ResponseT", bound=StreamResponse)
T = TypeVar("T")
MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True)
class WatchQuery(Generic[RequestT, ResponseT, T]):
    """What to watch. `copied` makes the copy of a value that a consumer may keep and change.

    `method` gives the RPC when it is needed, so that a query can be made before there is a channel.
    """

    method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]]
    request: RequestT
    assembly: Callable[[], Assembly[ResponseT, T]]
    copied: Callable[[T], T]

    def key(self) -> Hashable:
        """Equal keys share a stream. The least interval between values is part of it."""
        return type(self.request), self.request.SerializeToString(deterministic=True)


def options(min_interval: float) -> StreamOptions:
    """Return the options of a stream whose values come `min_interval` seconds apart at least."""
    interval = Duration()
    interval.FromNanoseconds(round(min_interval * 1e9))
    return StreamOptions(min_interval=interval)


def growing(min_interval: float) -> StreamOptions:
    """Return the options of a stream of lists: one that grew at its end sends what is new only."""
    return StreamOptions(min_interval=options(min_interval).min_interval, append=True)


def one_message(
    method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]],
    request: RequestT,
    read: Callable[[ResponseT], MessageT | None],
) -> WatchQuery[RequestT, ResponseT, MessageT | None]:
    """Return the query for one thing, None where it is not there."""
    return WatchQuery(method, request, lambda: Assembly(read), _copy_or_none)


def messages(
    method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]],
    request: RequestT,
    read: Callable[[ResponseT], Iterable[MessageT]],
) -> WatchQuery[RequestT, ResponseT, list[MessageT]]:
    """Return the query for a list of things."""
    return WatchQuery(method, request, lambda: ListAssembly(read), _copy_all)


def strings(
    method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]],
    request: RequestT,
    read: Callable[[ResponseT], Iterable[str]],
) -> WatchQuery[RequestT, ResponseT, list[str]]:
    """Return the query for a list of ids or versions."""
    return WatchQuery(method, request, lambda: ListAssembly(read), list[str].copy)


def strings_by_id(
    method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]],
    request: RequestT,
    read: Callable[[ResponseT], dict[str, list[str]]],
) -> WatchQuery[RequestT, ResponseT, dict[str, list[str]]]:
    """Return the query for lists of strings, by id."""
    return WatchQuery(method, request, lambda: Assembly(read), _copy_lists)


def _copy_or_none(message: MessageT | None) -> MessageT | None:
    return None if message is None else copy_message(message)


def _copy_all(messages: list[MessageT]) -> list[MessageT]:
    return [copy_message(message) for message in messages]


def _copy_lists(lists: dict[str, list[str]]) -> dict[str, list[str]]:
    return {key: list(strings) for key, strings in lists.items()}
