"""What a transport gives for each call, and takes back: the seam between `rpc` and what speaks HTTP/2.

A route is one RPC: its path, and a behaviour that takes the bytes of requests. A unary one returns the bytes of its
answer, or the status of an error. One that streams writes its messages, and returns the status that it ends with.
A transport adapter (`rpc.transports`) makes a `Call` for each, runs the behaviour in a task of its own, and cancels
that once the client has gone or the call's deadline has passed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.descriptor import MethodDescriptor

Metadata = Sequence[tuple[str, str | bytes]]
"""Names in lower case, with their values: bytes where a name ends in `-bin`."""


class ClientGoneError(Exception):
    """Nobody is left to read what a call writes."""


class Call(Protocol):
    """One call, as its transport sees it. All of it belongs to the event loop, and may be kept after the call."""

    headers: Metadata
    """What goes out before the first message. To be set before anything is sent."""
    trailers: Metadata
    """What goes out with the status."""

    @property
    def peer(self) -> str:
        """The other end: `ipv4:ADDRESS:PORT`, `ipv6:[ADDRESS]:PORT`, or `unix:`."""
        ...

    @property
    def metadata(self) -> Mapping[str, str | bytes]:
        """What the client sent with the call: names in lower case; values of names that end in `-bin` are bytes."""
        ...

    def incoming(self) -> AsyncIterator[bytes]:
        """Return the messages of a stream from the client. Raises ClientGoneError and BrokenCallError."""
        ...

    async def start(self) -> None:
        """Send the headers, before there is any message."""
        ...

    async def write(self, message: bytes) -> None:
        """Send a message of a stream, once there is room for it. Raises ClientGoneError."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """How a call ends that does not end well: a code of google.rpc, a text, and a google.rpc.Status, serialized."""

    code: int
    message: str
    details: bytes


class BrokenCallError(Exception):
    """A call is not as its protocol has it, which says what `status` that ends with."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.status = Status(code, message, b"")


Behaviour = Callable[[Any, Call], Awaitable[Any]]
"""Takes the bytes of a request, or an iterator of them, and a call. See above."""


@dataclass(frozen=True, slots=True)
class Route:
    """One RPC. `max_bytes`: a larger request is refused, read or not."""

    method: MethodDescriptor
    behaviour: Behaviour
    max_bytes: int
    service: str = ""
    """Its service's full name, where that is not the method's own."""

    @property
    def path(self) -> str:
        """What clients call."""
        return f"/{self.service or self.method.containing_service.full_name}/{self.method.name}"
