"""Puts servicers on a server by their service's descriptor: every RPC that it names, and nothing else.

As the generated code does, but a stream may hand over its messages serialized: one update is made once for everyone.
And requests are parsed by the handler, where an error is one of ours: gRPC itself answers with UNKNOWN, and no reason.
"""

from __future__ import annotations  # RpcMethodHandler takes parameters in its stub only

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from millstream_service.errors import TooManyStreamsError, ValidationFailedError
from millstream_service.rpc.interceptor import (
    Behaviour,
    ErrorInterceptor,
    guard_stream,
    guard_unary,
)
from millstream_service.rpc.read_turns import ReadTurns
from millstream_service.rpc.request_bounds import RequestCheck
from millstream_service.rpc.request_memory import MAX_BYTES, RequestMemory, memory_of, memory_of_messages
from millstream_service.security.rpc_table import USUAL, Bounds, RpcTable

_SMALL_REQUEST = 1 << 10
"""Smaller ones of streams are bounded by how many streams there may be."""
_HANDLERS: dict[tuple[bool, bool], Callable[..., grpc.RpcMethodHandler[Any, Any]]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


class Door:
    """Where requests come in: each is looked at, takes its memory, and is parsed. Errors are ours, as a handler's are.

    A request that a stream begins with keeps its memory for as long as that lasts, so it does not wait for any. One of
    many in a stream keeps it until its handler lets it go: then it lies with the writer, which has room of its own.
    """

    def __init__(self) -> None:
        self._memory = RequestMemory()
        self._memory_of_streams = RequestMemory()
        self._turns = ReadTurns(memory_of_messages())

    def around(self, behaviour: Behaviour, method: MethodDescriptor, bounds: Bounds) -> Behaviour:
        """Return what takes the bytes of requests, given what takes messages."""
        parse = _parser(method, bounds)
        if method.client_streaming:
            return self._taking_stream(behaviour, parse)
        if method.server_streaming:
            return self._streaming(behaviour, parse)
        return self._unary(behaviour, parse)

    def _unary(self, behaviour: Behaviour, parse: Callable[[bytes], Message]) -> Behaviour:
        memory = self._memory

        async def call(data: bytes, caller: Any) -> Any:
            size = memory_of(data)
            if not memory.take_at_once(size):
                await memory.take(size)
            try:
                return await behaviour(parse(data), caller)
            finally:
                memory.give(size)

        return call

    def _streaming(self, behaviour: Behaviour, parse: Callable[[bytes], Message]) -> Behaviour:
        def call(data: bytes, caller: Any) -> AsyncIterator[Any]:
            messages = behaviour(parse(data), caller)
            return messages if len(data) <= _SMALL_REQUEST else self._held(memory_of(data), messages)

        return call

    def _taking_stream(self, behaviour: Behaviour, parse: Callable[[bytes], Message]) -> Behaviour:
        async def call(requests: AsyncIterator[bytes], caller: Any) -> AsyncIterator[Any]:
            messages = _Parsed(requests, parse, self._turns)
            try:
                async with aclosing(behaviour(messages, caller)) as answers:
                    async for answer in answers:
                        yield answer
            finally:
                messages.let_go()

        return call

    async def _held(self, size: int, messages: AsyncGenerator[Any, None]) -> AsyncIterator[Any]:
        """Yield the messages of a stream, and keep the memory of its request as long."""
        async with aclosing(messages):
            if not self._memory_of_streams.take_at_once(size):
                raise TooManyStreamsError(MAX_BYTES, "bytes of streams' requests are in hand")
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


def add_servicer(
    server: grpc.aio.Server,
    service: ServiceDescriptor,
    servicer: object,
    interceptor: ErrorInterceptor,
    door: Door,
    table: RpcTable,
) -> None:
    """Register a servicer for all RPCs of a service, each with the door and the interceptor around it.

    Raises LookupError for one without a row in the table.
    """
    table.check(method.full_name for method in service.methods)

    def guard(method: MethodDescriptor) -> Behaviour:
        bounds = table.rows[method.full_name].bounds
        return interceptor.around(door.around(getattr(servicer, method.name), method, bounds), method)

    handlers = {method.name: _handler(method, guard(method)) for method in service.methods}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))


def add_foreign_servicer(server: grpc.aio.Server, service: ServiceDescriptor, servicer: object) -> None:
    """Register a servicer of a service that is not ours: without limits, and never given what is damaged."""
    handlers = {
        method.name: _handler(method, _refusing(method, getattr(servicer, method.name))) for method in service.methods
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))


def _refusing(method: MethodDescriptor, behaviour: Behaviour) -> Behaviour:
    """Return what parses a request: gRPC itself answers UNKNOWN to a damaged one, and logs that as a fault of ours."""
    parse = _parser(method, USUAL)
    guard = guard_stream if method.server_streaming else guard_unary
    return guard(lambda data, context: behaviour(parse(data), context), method.name)


def _handler(method: MethodDescriptor, behaviour: Callable[..., Any]) -> grpc.RpcMethodHandler[Any, Any]:
    make = _HANDLERS[method.client_streaming, method.server_streaming]
    return make(behaviour, response_serializer=serialize)


def _parser(method: MethodDescriptor, bounds: Bounds) -> Callable[[bytes], Message]:
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


def serialize(message: Message | bytes) -> bytes:
    """Return the bytes of a message, or those that are bytes already."""
    return message if isinstance(message, bytes) else message.SerializeToString()
