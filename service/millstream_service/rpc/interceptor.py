"""The one interceptor: every error of ours becomes a status with details, wherever in a call it comes up.

A stream is iterated inside of the `try`, so that an error in mid-stream is caught like one at the start. Calls of
other services (health, reflection) are not counted, and end in the same way. A handler sees who calls
(`caller.Caller`), not the transport's call.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from time import monotonic
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from millstream_service.errors import MillstreamServiceError, QueryFailedError
from millstream_service.rpc.call import Behaviour, BrokenCallError, Call, ClientGoneError, Status
from millstream_service.rpc.calls import Calls
from millstream_service.rpc.status import status_of
from millstream_service.security.caller import Caller

_log = logging.getLogger(__name__)

Handler = Callable[[Any, Any], Any]
"""Takes a request, or an iterator of them, and the caller; answers with a message, or yields them."""
Identify = Callable[[Call], Caller]
"""Finds out who calls."""
Nested = Callable[[bytes, Caller, Callable[[bytes], Awaitable[None]]], Awaitable[bytes]]
"""A stream within another call.

Takes the bytes of a request, the caller, and what takes the messages; returns the google.rpc.Status that it ends with,
serialized: no bytes where it ends well.
"""


def local_administrator(call: Call) -> Caller:
    """Return a caller who may do all: as long as no doors are built, every caller is that."""
    return Caller(call.peer)


def serialize(message: Message | bytes) -> bytes:
    """Return the bytes of a message, or those that are bytes already."""
    return message if isinstance(message, bytes) else message.SerializeToString()


class ErrorInterceptor:
    """Stands around every handler of our services."""

    def __init__(self, calls: Calls, identify: Identify) -> None:
        self._calls = calls
        self._identify = identify

    def around(self, handler: Handler, method: MethodDescriptor) -> Behaviour:
        """Return the behaviour of an RPC: its handler with all that has to be around it."""
        if not method.server_streaming:
            return self._unary(handler, method.name)
        return self._streaming(handler, method.name, takes_stream=method.client_streaming)

    def _unary(self, handler: Handler, name: str) -> Behaviour:
        identify = self._identify

        async def answer(request: Any, call: Call) -> bytes | Status:
            caller = identify(call)
            try:
                with self._calls.unary():
                    return serialize(await handler(request, caller))
            except Exception as error:
                return end_with(error, name, caller)

        return answer

    def _streaming(self, handler: Handler, name: str, *, takes_stream: bool) -> Behaviour:
        """Return what writes a stream's messages. The headers go first: a client knows then that its call is open."""

        async def stream(request: Any, call: Call) -> Status | None:
            caller = self._identify(call)
            incoming = call.incoming() if takes_stream else request
            try:
                with self._calls.stream(only_reads=not takes_stream, connection=_connection(call.peer)) as running:
                    await call.start()
                    async with aclosing(handler(incoming, caller)) as messages:
                        async for message in messages:
                            running.waiting_since = monotonic()
                            await call.write(serialize(message))
                            running.waiting_since = None
                            del message  # which might lie here for long
            except Exception as error:
                return end_with(error, name, caller)
            return None

        return stream

    def nested(self, handler: Handler, name: str) -> Nested:
        """Return the behaviour of a streaming RPC within another call: counted, and ended, as one of its own."""

        async def run(request: bytes, caller: Caller, send: Callable[[bytes], Awaitable[None]]) -> bytes:
            try:
                with self._calls.stream(only_reads=True, connection=_connection(caller.peer)):
                    async with aclosing(handler(request, caller)) as messages:
                        async for message in messages:
                            await send(serialize(message))
                            del message  # which might lie here for long
            except Exception as error:
                return end_with(error, name, caller).details
            return b""

        return run


def guard_unary(handler: Handler, name: str) -> Behaviour:
    """Return the behaviour of a unary call of a service that is not ours: an error ends it as it does the others."""

    async def answer(request: Any, call: Call) -> bytes | Status:
        try:
            return serialize(await handler(request, call))
        except Exception as error:
            return end_with(error, name, local_administrator(call))

    return answer


def guard_stream(handler: Handler, name: str, *, takes_stream: bool = False) -> Behaviour:
    """Return the same for a stream."""

    async def stream(request: Any, call: Call) -> Status | None:
        try:
            async with aclosing(handler(call.incoming() if takes_stream else request, call)) as messages:
                async for message in messages:
                    await call.write(serialize(message))
        except Exception as error:
            return end_with(error, name, local_administrator(call))
        return None

    return stream


def _connection(peer: str) -> str:
    """Return what tells a connection from others: the address at its other end, if it has one of its own."""
    return "" if peer.startswith("unix:") else peer


def end_with(error: Exception, name: str, caller: Caller) -> Status:
    """Return the status that an error ends a call with. Raises ClientGoneError where nobody is left to hear of it.

    Nothing of what was raised lives on: a traceback has the frames that it went through, and these the request. Such a
    cycle would wait for a collector that seldom looks (see `__main__`).
    """
    status = _status_of(error)
    if status is None and not isinstance(error, ClientGoneError):
        _log.error("%s by %s failed", name, str(caller), exc_info=error)
        status = status_of(QueryFailedError("the call failed"))
    _forget_frames(error)
    if status is None:
        raise ClientGoneError
    return status


def _status_of(error: Exception) -> Status | None:
    if isinstance(error, BrokenCallError):
        return error.status
    return status_of(error) if isinstance(error, MillstreamServiceError) else None


def _forget_frames(error: BaseException | None) -> None:
    """Take the tracebacks from an error, and from those that it came from."""
    seen: set[int] = set()
    rest = [error]
    while rest:
        one = rest.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            rest += [one.__cause__, one.__context__]
