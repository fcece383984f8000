"""Puts servicers on a server by their service's descriptor: every RPC that it names, and nothing else.

As the generated code does, but a stream may hand over its messages serialized: one update is made once for everyone.
And requests are parsed by the handler, where an error is one of ours: gRPC itself answers with UNKNOWN, and no reason.
"""

from __future__ import annotations  # RpcMethodHandler takes parameters in its stub only

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from millstream_service.errors import ValidationFailedError
from millstream_service.rpc.interceptor import ErrorInterceptor

_HANDLERS: dict[tuple[bool, bool], Callable[..., grpc.RpcMethodHandler[Any, Any]]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def add_servicer(
    server: grpc.aio.Server, service: ServiceDescriptor, servicer: object, interceptor: ErrorInterceptor
) -> None:
    """Register a servicer for all RPCs of a service, each with the interceptor around it."""
    handlers = {
        method.name: _handler(method, interceptor.around(_parsing(method, getattr(servicer, method.name)), method))
        for method in service.methods
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))


def _handler(method: MethodDescriptor, behaviour: Callable[..., Any]) -> grpc.RpcMethodHandler[Any, Any]:
    make = _HANDLERS[method.client_streaming, method.server_streaming]
    return make(behaviour, response_serializer=serialized)


def _parsing(method: MethodDescriptor, behaviour: Callable[..., Any]) -> Callable[..., Any]:
    kind = GetMessageClass(method.input_type)

    def parsed(data: bytes) -> Message:
        try:
            return kind.FromString(data)
        except DecodeError:
            text = f"is not a {kind.DESCRIPTOR.name}: it has text that is not UTF-8, or is damaged"
            raise ValidationFailedError("request", text) from None

    if method.client_streaming:
        return lambda requests, context: behaviour((parsed(data) async for data in requests), context)
    return lambda request, context: behaviour(parsed(request), context)


def serialized(message: Message | bytes) -> bytes:
    """Return the bytes of a message, or those that are bytes already."""
    return message if isinstance(message, bytes) else message.SerializeToString()
