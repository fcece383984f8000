"""The one interceptor: every error of ours becomes a status with details, wherever in a call it comes up.

A stream is iterated inside of the `try`, so that an error in mid-stream is caught like one at the start. Calls of
other services (health, reflection) are not counted, and end in the same way. A handler sees who calls
(`caller.Caller`), not gRPC's context.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor

from millstream_service.errors import MillstreamServiceError, QueryFailedError
from millstream_service.rpc.calls import Calls
from millstream_service.rpc.status import abort
from millstream_service.security.caller import Caller

_log = logging.getLogger(__name__)
_ABORT_SECONDS = 5.0

Behaviour = Callable[[Any, Any], Any]
Identify = Callable[[Any], Caller]
"""Finds out who calls, from gRPC's context."""


def local_administrator(context: Any) -> Caller:
    """Return a caller who may do all: as long as no doors are built, every caller is that."""
    return Caller(context.peer)


class ErrorInterceptor:
    """Stands around every handler of our services.

    It is put there once, when a service is registered: gRPC's own hook for interceptors asks again for each call,
    which costs a tenth of an empty one.
    """

    def __init__(self, calls: Calls, identify: Identify) -> None:
        self._calls = calls
        self._identify = identify

    def around(self, behaviour: Behaviour, method: MethodDescriptor) -> Behaviour:
        """Return the behaviour of an RPC with all that has to be around it."""
        if not method.server_streaming:
            return self._unary(behaviour, method.name)
        return self._streaming(behaviour, method.name, takes_stream=method.client_streaming)

    def _unary(self, behaviour: Behaviour, name: str) -> Behaviour:
        identify = self._identify

        async def call(request: Any, context: Any) -> Any:
            caller = identify(context)
            try:
                with self._calls.unary():
                    return await behaviour(request, caller)
            except Exception as error:
                await end_call(context, error, name, caller)

        return call

    def _streaming(self, behaviour: Behaviour, name: str, *, takes_stream: bool) -> Behaviour:
        """Return what writes a stream's messages.

        The headers go first, by themselves: gRPC would send them with the first message, and once more with the status
        where that message is cancelled, which fails, and the client would never hear of the end.
        """

        async def call(request: Any, context: Any) -> None:
            clock = asyncio.get_running_loop().time
            caller = self._identify(context)
            incoming = _Incoming(context) if takes_stream else request
            try:
                with self._calls.stream(only_reads=not takes_stream, connection=_connection(context)) as stream:
                    await context.send_initial_metadata(())
                    async with aclosing(behaviour(incoming, caller)) as messages:
                        async for message in messages:
                            stream.waiting_since = clock()
                            await context.write(message)
                            stream.waiting_since = None
                            del message  # which might lie here for long
            except Exception as error:
                await end_call(context, error, name, caller)

        return call


def guard_unary(behaviour: Behaviour, name: str) -> Behaviour:
    """Return the behaviour of a unary call of a service that is not ours: an error ends it as it does the others."""

    async def unary(request: Any, context: Any) -> Any:
        try:
            return await behaviour(request, context)
        except Exception as error:
            await end_call(context, error, name, local_administrator(context))

    return unary


def guard_stream(behaviour: Behaviour, name: str) -> Behaviour:
    """Return the same for a stream."""

    async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            async with aclosing(behaviour(request, context)) as messages:
                async for message in messages:
                    yield message
        except Exception as error:
            await end_call(context, error, name, local_administrator(context))

    return stream


class _Incoming:
    """The messages of a stream from a client, as they came. gRPC's own iterator is a cycle that keeps the last one."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __aiter__(self) -> "_Incoming":
        return self

    async def __anext__(self) -> bytes:
        data: Any = await self._context.read()
        if data is grpc.aio.EOF:
            raise StopAsyncIteration
        return bytes(data)


def _connection(context: Any) -> str:
    """Return what tells a connection from others: the address at its other end, if it has one of its own."""
    peer: str = context.peer()
    return "" if peer.startswith("unix:") else sys.intern(peer)


async def end_call(context: Any, error: Exception, name: str, caller: Caller) -> None:
    """End a call with the status of an error; one whose client can't be reached ends as a cancelled one.

    Nothing of what was raised lives on: a traceback has the frames that it went through, and these the request. Such a
    cycle would wait for a collector that seldom looks (see `__main__`).
    """
    if isinstance(error, MillstreamServiceError):
        ours = error
    elif isinstance(error, grpc.aio.InternalError):
        ours = None  # nobody is left to hear of it
    else:
        _log.error("%s by %s failed", name, str(caller), exc_info=error)  # a peer is known during the call alone
        ours = QueryFailedError("the call failed")
    reached = ours is not None and await _abort(context, ours)
    _forget_frames(error)
    if not reached:
        raise asyncio.CancelledError


async def _abort(context: Any, error: MillstreamServiceError) -> bool:
    """Send the status of an error. Returns whether it went out: else it does once the client reads on, if ever."""
    try:
        async with asyncio.timeout(_ABORT_SECONDS):  # a client that reads nothing must not hold us here
            await abort(context, error)
    except grpc.aio.AbortError as sent:  # gRPC keeps it with the call, and raises it again
        sent.__traceback__ = sent.__context__ = None
        return True
    except (TimeoutError, grpc.aio.InternalError):
        return False


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
