"""The one interceptor: every error of ours becomes a status with details, wherever in a call it comes up.

A stream is iterated inside of the `try`, so that an error in mid-stream is caught like one at the start. Calls of
other services (health, reflection) pass through untouched.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc

from millstream_service.errors import MillstreamServiceError, QueryFailedError, StoreUnavailableError
from millstream_service.rpc.calls import Calls, Stream
from millstream_service.rpc.status import abort

_log = logging.getLogger(__name__)
_OURS = "/millstream."
UNARY_SECONDS = 60.0
"""A unary call takes no longer, whatever deadline its client set."""
_ABORT_SECONDS = 5.0

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the handlers of our services, each once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the wrapped handler of a call."""
        method = str(handler_call_details.method)
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None or not method.startswith(_OURS):
                return handler
            wrapped = self._wrapped[method] = self._wrap(handler)
        return wrapped

    def _wrap(self, handler: Any) -> Handler:
        serializers = (handler.request_deserializer, handler.response_serializer)
        if not handler.response_streaming:
            return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary), *serializers)
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._streaming(handler.stream_stream, only_reads=False), *serializers
            )
        return grpc.unary_stream_rpc_method_handler(
            self._streaming(handler.unary_stream, only_reads=True), *serializers
        )

    def _unary(self, behaviour: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: Any) -> Any:
            try:
                with self._calls.unary():
                    async with asyncio.timeout(UNARY_SECONDS):
                        return await behaviour(request, context)
            except Exception as error:
                await _abort(context, error)

        return call

    def _streaming(self, behaviour: Callable[..., Any], *, only_reads: bool) -> Callable[..., Awaitable[None]]:
        async def call(request: Any, context: Any) -> None:
            try:
                with self._calls.stream(only_reads=only_reads) as stream:
                    await _send(stream, behaviour(request, context), context)
            except Exception as error:
                await _abort(context, error)

        return call


async def _send(stream: Stream, messages: Any, context: Any) -> None:
    """Write a stream's messages. Raises what they raise, and what the stream was ended with from outside.

    The headers go first, by themselves: gRPC would send them with the first message, and once more with the status
    where that message is cancelled, which fails, and the client would never hear of the end.
    """
    clock = asyncio.get_running_loop().time
    try:
        await context.send_initial_metadata(())
        async with aclosing(messages):
            async for message in messages:
                stream.waiting_since = clock()
                await context.write(message)
                stream.waiting_since = None
    except asyncio.CancelledError:
        if stream.ended_with is None:
            raise
        stream.task.uncancel()
        raise stream.ended_with from None


async def _abort(context: Any, error: Exception) -> None:
    """End a call with the status of an error. Never returns; a call that can't be told so ends as a cancelled one."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, grpc.aio.InternalError):
        raise asyncio.CancelledError from error  # nobody is left to tell
    ours: MillstreamServiceError
    if isinstance(error, MillstreamServiceError):
        ours = error
    elif isinstance(error, TimeoutError):
        ours = StoreUnavailableError(f"the call took longer than {UNARY_SECONDS:g} s")
    else:
        _log.error("a call failed", exc_info=error)
        ours = QueryFailedError("the call failed")
    try:
        async with asyncio.timeout(_ABORT_SECONDS):  # a client that reads nothing must not hold us here
            await abort(context, ours)
    except (TimeoutError, grpc.aio.InternalError) as unsent:
        raise asyncio.CancelledError from unsent  # the status goes out once its client reads on, if ever
