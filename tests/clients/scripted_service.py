"""A real gRPC server whose answers a test writes down: it fails, breaks off and repeats itself on demand."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

from millstream.agents.v1 import agent_service_pb2
from millstream.builds.v1 import backend_service_pb2
from millstream.common.v1 import change_service_pb2, watch_service_pb2
from tests.deadline import patience

Context = grpc.aio.ServicerContext[Any, Any]
UnaryScript = Callable[[Any, Context], Awaitable[Message]]
StreamScript = Callable[[Any, Context], AsyncIterator[Message]]
Script = UnaryScript | StreamScript


class ScriptedService:
    """Serves BackendService, AgentService, ChangeService and WatchService from scripts.

    `script(rpc, …)` gives one script a call; the last one serves all further calls. `requests` holds what was asked,
    by RPC, in order; `calls` how often. All on the event loop of the test.
    """

    def __init__(self) -> None:
        self.requests: defaultdict[str, list[Any]] = defaultdict(list)
        self.active: defaultdict[str, int] = defaultdict(int)
        self._scripts: dict[str, list[Script]] = {}
        self._server: grpc.aio.Server | None = None
        self._port = 0
        self._changed = asyncio.Condition()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def script(self, rpc: str, *scripts: Script) -> None:
        self._scripts[rpc] = list(scripts)

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        for file in (backend_service_pb2, agent_service_pb2, change_service_pb2, watch_service_pb2):
            for service in file.DESCRIPTOR.services_by_name.values():
                handlers = {method.name: self._handler(method) for method in service.methods}
                self._server.add_generic_rpc_handlers(
                    [grpc.method_handlers_generic_handler(service.full_name, handlers)]
                )
        self._port = self._server.add_insecure_port(f"127.0.0.1:{self._port}")
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a call has made the condition true."""
        async with asyncio.timeout(patience(10)), self._changed:
            await self._changed.wait_for(condition)

    def _handler(self, method: Any) -> Any:
        request_class = GetMessageClass(method.input_type)
        if method.server_streaming and method.client_streaming:
            make: Any = grpc.stream_stream_rpc_method_handler
        elif method.server_streaming:
            make = grpc.unary_stream_rpc_method_handler
        else:
            make = grpc.unary_unary_rpc_method_handler
        function: Any = self._stream if method.server_streaming else self._unary
        behavior = partial(function, method.name)

        return make(behavior, request_class.FromString, lambda message: message.SerializeToString())

    async def _unary(self, rpc: str, request: Any, context: Context) -> Message:
        await self._enter(rpc, request)
        try:
            message: Message = await self._next_script(rpc)(request, context)  # type: ignore[misc]
            return message
        finally:
            await self._leave(rpc)

    async def _stream(self, rpc: str, request: Any, context: Context) -> AsyncIterator[Message]:
        await self._enter(rpc, request)
        try:
            async for message in self._next_script(rpc)(request, context):  # type: ignore[union-attr]
                yield message
        finally:
            await self._leave(rpc)

    def _next_script(self, rpc: str) -> Script:
        scripts = self._scripts[rpc]
        return scripts.pop(0) if len(scripts) > 1 else scripts[0]

    async def _enter(self, rpc: str, request: Any) -> None:
        async with self._changed:
            self.requests[rpc].append(request)
            self.active[rpc] += 1
            self._changed.notify_all()

    async def _leave(self, rpc: str) -> None:
        async with self._changed:
            self.active[rpc] -= 1
            self._changed.notify_all()


def details(
    code: grpc.StatusCode,
    message: str,
    reason: str,
    metadata: dict[str, str] | None = None,
    violations: dict[str, str] | None = None,
    retry_delay: float | None = None,
) -> bytes:
    """Return the bytes of the status that a service of ours sends along with an error."""
    status = status_pb2.Status(code=code.value[0], message=message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="millstream", metadata=metadata))
    if violations:
        request = error_details_pb2.BadRequest()
        for field, description in violations.items():
            request.field_violations.add(field=field, description=description)
        status.details.add().Pack(request)
    if retry_delay is not None:
        delay = Duration()
        delay.FromNanoseconds(round(retry_delay * 1e9))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    data: bytes = status.SerializeToString()
    return data


async def abort(
    context: Context, code: grpc.StatusCode, reason: str = "", message: str = "scripted", **more: Any
) -> None:
    """End a call with an error: with a reason, one of ours; without, one of the transport."""
    trailing = (("grpc-status-details-bin", details(code, message, reason, **more)),) if reason else ()
    await context.abort(code, message, trailing)


def answer(message: Message) -> UnaryScript:
    async def script(request: Any, context: Context) -> Message:
        return message

    return script


def failure(code: grpc.StatusCode, reason: str = "", message: str = "scripted", **more: Any) -> UnaryScript:
    async def script(request: Any, context: Context) -> Message:
        await abort(context, code, reason, message, **more)
        raise AssertionError

    return script


Failure = tuple[grpc.StatusCode, str] | tuple[grpc.StatusCode, str, dict[str, str]]


def stream(*messages: Message, then: Failure | None = None, hold: bool = False) -> StreamScript:
    """Send the messages, then: end, stay open (`hold`), or fail (`then`)."""

    async def script(request: Any, context: Context) -> AsyncIterator[Message]:
        for message in messages:
            yield message
        if hold:
            await asyncio.Event().wait()
        if then is not None:
            code, reason, *metadata = then
            await abort(context, code, reason, metadata=metadata[0] if metadata else None)

    return script
