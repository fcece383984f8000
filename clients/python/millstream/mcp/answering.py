"""Sees to it that every request gets an answer, whatever the client sends, and also where it closes stdin at once.

The SDK answers what is a request of JSON-RPC. What is none it only notes: here it is answered, as JSON-RPC 2.0 says
(https://www.jsonrpc.org/specification), with the request's id where it has a usable one. And where stdin ends, the SDK
gives up the calls in flight: here it hears of that end only once they are answered, or have had their time.
"""

from typing import Any, Protocol, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, JSONRPCRequest, JSONRPCResponse
from pydantic import ValidationError

Id = int | str
ENDING_SECONDS = 1.0
"""Clients kill a server that lives on for longer than about 2 s."""


class Reads(Protocol):
    """Where messages come from: what could not be read comes as the exception."""

    async def receive(self) -> SessionMessage | Exception:
        """Return the next one. Raises anyio.EndOfStream."""

    async def aclose(self) -> None:
        """Take no more."""


class Writes(Protocol):
    """Where messages go."""

    async def send(self, item: SessionMessage) -> None:
        """Send one."""

    async def aclose(self) -> None:
        """Send no more."""


class Conversation:
    """The two streams of a server, and the requests that wait for answers. All of it belongs to the event loop."""

    def __init__(self, reads: Reads, writes: Writes) -> None:
        self._open: set[Id] = set()
        self._answered = anyio.Event()
        self.reads = AnsweredReads(self, reads)
        self.writes = AnsweringWrites(self, writes)

    def note_request(self, message: Any) -> None:
        """Take note of a message of the client's."""
        if isinstance(message, JSONRPCRequest):
            self._open.add(message.id)

    def note_answer(self, message: Any) -> None:
        """Take note of a message of the server's."""
        if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id is not None:
            self._open.discard(message.id)
        if not self._open:
            self._answered.set()

    async def wait_until_settled(self) -> None:
        """Wait until all requests are answered, but not for long."""
        with anyio.move_on_after(ENDING_SECONDS):
            while self._open:
                self._answered = anyio.Event()
                await self._answered.wait()


class _Stream:
    """What the SDK uses of a stream beside sending and receiving."""

    def __init__(self, inner: Reads | Writes) -> None:
        self._closing = inner

    async def aclose(self) -> None:
        """Close it."""
        await self._closing.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class AnsweredReads(_Stream):
    """Messages of the client, without those that are none: they are answered here."""

    def __init__(self, conversation: Conversation, inner: Reads) -> None:
        super().__init__(inner)
        self._conversation = conversation
        self._inner = inner

    async def receive(self) -> SessionMessage:
        """Return the next message. Raises anyio.EndOfStream, once nothing waits for an answer."""
        while True:
            try:
                item = await self._inner.receive()
            except anyio.EndOfStream:
                await self._conversation.wait_until_settled()
                raise
            if isinstance(item, SessionMessage):
                self._conversation.note_request(item.message)
                return item
            await self._conversation.writes.send(SessionMessage(_refusal(item)))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None


class AnsweringWrites(_Stream):
    """Messages of the server."""

    def __init__(self, conversation: Conversation, inner: Writes) -> None:
        super().__init__(inner)
        self._conversation = conversation
        self._inner = inner

    async def send(self, item: SessionMessage) -> None:
        """Send a message."""
        await self._inner.send(item)
        self._conversation.note_answer(item.message)


def _refusal(error: Exception) -> JSONRPCError:
    """Return the answer to what is no message."""
    said = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    if not said or said[0]["type"] == "json_invalid":
        return JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message="this is not JSON"))
    whole = next((one["input"] for one in said if one["type"] == "missing" and isinstance(one["input"], dict)), {})
    given = whole.get("id")
    known = given if isinstance(given, str) or type(given) is int else None
    refused = ErrorData(code=INVALID_REQUEST, message="this is not a request of JSON-RPC 2.0")
    return JSONRPCError(jsonrpc="2.0", id=known, error=refused)
