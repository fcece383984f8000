"""gRPC by grpcio's own server (`grpc.aio`): the reference, and what serves where the native transport has no wheel."""

from __future__ import annotations  # RpcMethodHandler takes parameters in its stub only

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

import grpc

from millstream_service.errors import CannotListenError
from millstream_service.rpc.call import Behaviour, ClientGoneError, Metadata, Route, Status
from millstream_service.rpc.transports.headers import gather

_DETAILS_KEY = "grpc-status-details-bin"
_ABORT_SECONDS = 5.0
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_Handler = Callable[[Any, Any], Awaitable[Any]]
_MAKE: dict[tuple[bool, bool], Callable[..., grpc.RpcMethodHandler[Any, Any]]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def _options(max_message_bytes: int) -> tuple[tuple[str, int], ...]:
    return (
        ("grpc.so_reuseport", 0),  # else a second service binds the same port in silence
        ("grpc.max_receive_message_length", max_message_bytes),
        # else megabytes of each stream lie in gRPC before they are asked for: see rpc.read_turns
        ("grpc.http2.bdp_probe", 0),
        ("grpc.server.max_pending_requests", 20_000),  # else a burst of new streams is cancelled
        ("grpc.server.max_pending_requests_hard_limit", 40_000),
        ("grpc.keepalive_time_ms", 60_000),  # finds clients that vanished without a word
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 1_000),  # else clients that ping every few seconds are cut off
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 1_000),
    )


class GrpcioTransport:
    """A server of some routes. The cycle: ports are added -> started -> stopped."""

    def __init__(self, routes: Iterable[Route], max_message_bytes: int) -> None:
        self._server = grpc.aio.server(options=_options(max_message_bytes))
        services: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
        for route in routes:
            _, service, name = route.path.split("/")
            services.setdefault(service, {})[name] = _handler(route)
        handlers = [grpc.method_handlers_generic_handler(name, methods) for name, methods in services.items()]
        self._server.add_generic_rpc_handlers(handlers)

    def add_port(self, address: str) -> int:
        """Listen at HOST:PORT or unix:PATH; return the port. Raises CannotListenError."""
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise CannotListenError(f"can't listen on {address}: is it taken?") from error
        if not port:
            raise CannotListenError(f"can't listen on {address}: is it taken?")
        return port

    async def start(self) -> None:
        """Take calls."""
        await self._server.start()

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and give the last statuses so many seconds to go out."""
        await self._server.stop(grace=seconds)


def _handler(route: Route) -> grpc.RpcMethodHandler[Any, Any]:
    method = route.method
    run = _run_stream if method.server_streaming else _run_unary
    return _MAKE[method.client_streaming, method.server_streaming](partial(run, route.behaviour))


async def _run_unary(behaviour: Behaviour, request: bytes, context: Any) -> bytes | None:
    call = _GrpcioCall(context)
    answer = await behaviour(request, call)
    await call.start_if_due()
    if isinstance(answer, Status):
        await call.abort(answer)
        return None
    call.finish()
    data: bytes = answer
    return data


async def _run_stream(behaviour: Behaviour, request: Any, context: Any) -> None:
    call = _GrpcioCall(context)
    try:
        status = await behaviour(request, call)
    except ClientGoneError:
        raise asyncio.CancelledError from None
    await call.start_if_due()
    if status is not None:
        await call.abort(status)
    else:
        call.finish()


class _GrpcioCall:
    """A call of grpcio's. Its peer is asked for at once: gRPC reads freed memory where that comes after the end."""

    __slots__ = ("_context", "_started", "headers", "peer", "trailers")

    def __init__(self, context: Any) -> None:
        self._context = context
        self._started = False
        self.headers: Metadata = ()
        self.trailers: Metadata = ()
        self.peer: str = sys.intern(context.peer())  # one text for all calls of a connection

    @property
    def metadata(self) -> Mapping[str, str | bytes]:
        return gather(self._context.invocation_metadata())

    def incoming(self) -> AsyncIterator[bytes]:
        return _Incoming(self._context)

    async def start(self) -> None:
        """Send the headers by themselves.

        gRPC would send them with the first message, and once more with the status where that message is cancelled,
        which fails, and the client would never hear of the end.
        """
        self._started = True
        await self._context.send_initial_metadata(self.headers)

    async def start_if_due(self) -> None:
        """Send headers that are still to go out: beside a status they would count as trailers."""
        if self.headers and not self._started:
            await self.start()

    async def write(self, message: bytes) -> None:
        try:
            await self._context.write(message)
        except grpc.aio.InternalError:
            raise ClientGoneError from None

    def finish(self) -> None:
        """Have the call end well."""
        if self.trailers:
            self._context.set_trailing_metadata(self.trailers)

    async def abort(self, status: Status) -> None:
        """Send a status; where it doesn't go out, the client gets it once it reads on, if ever: end as cancelled."""
        details = ((_DETAILS_KEY, status.details),) if status.details else ()
        try:
            async with asyncio.timeout(_ABORT_SECONDS):  # a client that reads nothing must not hold us here
                await self._context.abort(_CODES[status.code], status.message, (*self.trailers, *details))
        except grpc.aio.AbortError as sent:  # gRPC keeps it with the call, and raises it again
            sent.__traceback__ = sent.__context__ = None
        except (TimeoutError, grpc.aio.InternalError):
            raise asyncio.CancelledError from None


class _Incoming:
    """The messages of a stream from a client, as they came. gRPC's own iterator is a cycle that keeps the last one."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __aiter__(self) -> _Incoming:
        return self

    async def __anext__(self) -> bytes:
        data: Any = await self._context.read()
        if data is grpc.aio.EOF:
            await asyncio.sleep(0)  # it stands for a client that has vanished, too: then gRPC cancels the call only now
            raise StopAsyncIteration
        return bytes(data)
