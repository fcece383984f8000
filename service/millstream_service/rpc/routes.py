"""Makes the routes of a service by its descriptor: every RPC that it names, and nothing else.

As the generated code does, but a stream may hand over its messages serialized: one update is made once for everyone.
And requests are parsed by us, so that an error is one of ours.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from millstream_service.rpc.call import Behaviour, Route
from millstream_service.rpc.door import Door, parser_of
from millstream_service.rpc.interceptor import ErrorInterceptor, Nested, guard_stream, guard_unary
from millstream_service.security.rpc_table import USUAL, RpcTable

_WATCHED = ("Stream", "Tail")


def routes_of(
    service: ServiceDescriptor, servicer: object, interceptor: ErrorInterceptor, door: Door, table: RpcTable
) -> Iterator[Route]:
    """Yield a route for each RPC of a service, with the door and the interceptor around its handler.

    Raises LookupError for one without a row in the table.
    """
    table.check(method.full_name for method in service.methods)
    for method in service.methods:
        bounds = table.rows[method.full_name].bounds
        handler = door.around(getattr(servicer, method.name), method, bounds)
        yield Route(method, interceptor.around(handler, method), bounds.max_bytes)


def nested_streams_of(
    service: ServiceDescriptor, servicer: object, interceptor: ErrorInterceptor, door: Door, table: RpcTable
) -> Iterator[tuple[MethodDescriptor, Nested]]:
    """Yield the streams of a service that may run within another call: queries that are watched, tails and feeds."""
    for method in service.methods:
        if method.name.startswith(_WATCHED):
            handler = door.around(getattr(servicer, method.name), method, table.rows[method.full_name].bounds)
            yield method, interceptor.nested(handler, method.name)


def foreign_routes_of(service: ServiceDescriptor, servicer: object) -> Iterator[Route]:
    """Yield those of a service that is not ours: without limits, and never given what is damaged."""
    for method in service.methods:
        yield Route(method, _refusing(method, getattr(servicer, method.name)), USUAL.max_bytes)


def _refusing(method: MethodDescriptor, handler: Any) -> Behaviour:
    """Return what parses a request: a damaged one is the client's fault, not ours."""
    parse = parser_of(method, USUAL)
    guard = guard_stream if method.server_streaming else guard_unary
    return guard(lambda data, call: handler(parse(data), call), method.name)
