"""Where requests come in, as bytes: each is looked at, takes its memory, and is parsed. Errors are ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from millstream_service.errors import TooManyStreamsError, ValidationFailedError
from millstream_service.rpc.interceptor import Handler
from millstream_service.rpc.read_turns import ReadTurns
from millstream_service.rpc.request_bounds import RequestCheck
from millstream_service.rpc.request_memory import MAX_BYTES, RequestMemory, memory_of, memory_of_messages
from millstream_service.security.rpc_table import Bounds

_SMALL_REQUEST = 1 << 10
"""Smaller ones of streams are bounded by how many streams there may be."""


class Door:
    """What every request goes through.

    A request that a stream begins with keeps its memory for as long as that lasts, so it does not wait for any. One of
    many in a stream keeps it until its handler lets it go: then it lies with the writer, which has room of its own.
    """

    def __init__(self) -> None:
        self._memory = RequestMemory()
        self._memory_of_streams = RequestMemory()
        self._turns = ReadTurns(memory_of_messages())

    def around(self, handler: Handler, method: MethodDescriptor, bounds: Bounds) -> Handler:
        """Return what takes the bytes of requests, given what takes messages."""
        parse = parser_of(method, bounds)
        if method.client_streaming:
            return self._taking_stream(handler, parse)
        if method.server_streaming:
            return self._streaming(handler, parse)
        return self._unary(handler, parse)

    def _unary(self, handler: Handler, parse: Callable[[bytes], Message]) -> Handler:
        memory = self._memory

        async def call(data: bytes, caller: Any) -> Any:
            size = memory_of(data)
            if not memory.take_at_once(size):
                await memory.take(size)
            try:
                return await handler(parse(data), caller)
            finally:
                memory.give(size)

        return call

    def _streaming(self, handler: Handler, parse: Callable[[bytes], Message]) -> Handler:
        def call(data: bytes, caller: Any) -> AsyncIterator[Any]:
            messages = handler(parse(data), caller)
            return messages if len(data) <= _SMALL_REQUEST else self._held(memory_of(data), messages)

        return call

    def _taking_stream(self, handler: Handler, parse: Callable[[bytes], Message]) -> Handler:
        async def call(requests: AsyncIterator[bytes], caller: Any) -> AsyncIterator[Any]:
            messages = _Parsed(requests, parse, self._turns)
            try:
                async with aclosing(handler(messages, caller)) as answers:
                    async for answer in answers:
                        yield answer
            finally:
                messages.let_go()

        return call

    async def _held(self, size: int, messages: AsyncGenerator[Any, None]) -> AsyncIterator[Any]:
        """Yield the messages of a stream, and keep the memory of its request as long."""
        async with aclosing(messages):
            if not self._memory_of_streams.take_at_once(size):
                raise TooManyStreamsError(MAX_BYTES, "bytes of streams' requests are being read")
            try:
                async for message in messages:
                    yield message
            finally:
                self._memory_of_streams.give(size)


class _Parsed:
    """The requests of a stream, parsed. No generator: one that is left before its end keeps its last request."""

    def __init__(self, requests: AsyncIterator[bytes], parse: Callable[[bytes], Message], turns: ReadTurns) -> None:
        self._requests = requests
        self._parse = parse
        self._turns = turns
        self._first = True
        self._taken = 0

    def __aiter__(self) -> _Parsed:
        return self

    async def __anext__(self) -> Message:
        self.let_go()
        data, self._taken = await self._turns.read(self._requests, first=self._first)
        self._first = False
        return self._parse(data)

    def let_go(self) -> None:
        """Give the memory of the last request back: its handler needs it no more."""
        if self._taken:
            taken, self._taken = self._taken, 0
            self._turns.memory.give(taken)


def parser_of(method: MethodDescriptor, bounds: Bounds) -> Callable[[bytes], Message]:
    """Return what looks at the bytes of a request and parses it."""
    kind = GetMessageClass(method.input_type)
    check = RequestCheck(method, bounds)

    def parse(data: bytes) -> Message:
        check(data)
        try:
            return kind.FromString(data)
        except DecodeError:
            text = f"is not a {kind.DESCRIPTOR.name}: it has text that is not UTF-8, or is damaged"
            raise ValidationFailedError("request", text) from None

    return parse
