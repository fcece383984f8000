"""The ASGI application: finds the route of a call, and which protocol it is in. Browsers are let in by their origin."""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from google.protobuf.descriptor_pb2 import MethodOptions
from google.rpc.code_pb2 import Code

from millstream_service.rpc.call import Route, Status
from millstream_service.rpc.transports import connect, grpc_http
from millstream_service.rpc.transports.headers import trailers_of
from millstream_service.rpc.transports.http_call import Headers, Receive, Scope, Send

Serve = Callable[[Route, Scope, Mapping[bytes, bytes], Receive, Send], Awaitable[None]]

_GRPC: dict[bytes, Serve] = {
    b"application/grpc": grpc_http.serve_grpc,
    b"application/grpc+proto": grpc_http.serve_grpc,
}
_WEB: dict[bytes, Serve] = {
    b"application/grpc-web": partial(grpc_http.serve_web, text=False),
    b"application/grpc-web+proto": partial(grpc_http.serve_web, text=False),
    b"application/grpc-web-text": partial(grpc_http.serve_web, text=True),
    b"application/grpc-web-text+proto": partial(grpc_http.serve_web, text=True),
}
_UNARY: dict[bytes, Serve] = {
    b"application/json": partial(connect.serve_unary, codec="json"),
    b"application/proto": partial(connect.serve_unary, codec="proto"),
}
_STREAMS: dict[bytes, Serve] = {
    b"application/connect+json": partial(connect.serve_stream, codec="json"),
    b"application/connect+proto": partial(connect.serve_stream, codec="proto"),
}
_GRPC_PREFIX = b"application/grpc"
_TRAILERS = "http.response.trailers"

_NO_CONTENT, _BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _METHOD_NOT_ALLOWED = 204, 400, 403, 404, 405
_UNSUPPORTED_TYPE, _MISDIRECTED, _VERSION_NOT_SUPPORTED = 415, 421, 505
_PREFLIGHT_SECONDS = 7_200
_REQUEST_HEADERS = (
    "content-type, authorization, connect-protocol-version, connect-timeout-ms, connect-accept-encoding, "
    "connect-content-encoding, x-grpc-web, x-user-agent, grpc-timeout"
)
_RESPONSE_HEADERS = "grpc-status, grpc-message, grpc-status-details-bin, grpc-accept-encoding"


class App:
    """Serves routes. `origins`: pages of these may call, such as `https://builds.example.com`; others may not."""

    def __init__(self, routes: Iterable[Route], origins: Sequence[str] = ()) -> None:
        self._routes = {route.path: route for route in routes}
        self._origins = frozenset(origin.lower().encode() for origin in origins)
        self._hosts = frozenset(_host_of(origin.partition("://")[2].encode()) for origin in self._origins_text())

    def _origins_text(self) -> Iterable[str]:
        return (origin.decode() for origin in self._origins)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        origin = headers.get(b"origin")
        if origin is not None or scope["http_version"] != "2":
            refused = self._refused(scope, headers, origin)
            if refused is not None:
                await _respond(send, refused)
                return
            if origin is not None:
                send = _sharing(send, origin)
        if scope["method"] == "OPTIONS":
            await _respond(send, _NO_CONTENT, _preflight(origin))
            return
        route = self._routes.get(scope["path"])
        serve = _serve_of(route, kind, scope)
        if serve is None:
            await self._no_route(route, kind, scope, send)
        elif route is not None:
            await serve(route, scope, headers, receive, send)

    def _refused(self, scope: Scope, headers: Mapping[bytes, bytes], origin: bytes | None) -> int | None:
        """Return the status that refuses what a browser may have been made to send; None: it is none of that."""
        host = headers.get(b"host", b"") or headers.get(b":authority", b"")
        if scope.get("client") is not None and not _is_ours(_host_of(host)) and _host_of(host) not in self._hosts:
            return _MISDIRECTED
        if origin is None or origin.lower() in self._origins or origin.partition(b"://")[2] == host:
            return None
        return _FORBIDDEN

    async def _no_route(self, route: Route | None, kind: bytes, scope: Scope, send: Send) -> None:
        if kind.startswith(_GRPC_PREFIX) and scope["http_version"] == "2":
            code = Code.UNIMPLEMENTED
            text = f"{scope['path']} is not served" if route is None else "messages are protobuf's"
            headers = [(b"content-type", kind), *trailers_of(Status(code, text, b""))]
            await _respond(send, 200, headers)
        elif route is None:
            await _respond(send, _NOT_FOUND)
        elif kind.startswith(_GRPC_PREFIX):
            await _respond(send, _VERSION_NOT_SUPPORTED)
        elif scope["method"] not in {"POST", "GET"}:
            await _respond(send, _METHOD_NOT_ALLOWED, [(b"allow", b"POST")])
        else:
            kinds = _STREAMS if route.method.server_streaming else _UNARY
            await _respond(send, _UNSUPPORTED_TYPE, [(b"accept-post", b", ".join([*kinds, *_WEB]))])


def _serve_of(route: Route | None, kind: bytes, scope: Scope) -> Serve | None:
    """Return what serves a call of this content type; None where nothing does."""
    if route is None:
        return None
    method = route.method
    if scope["method"] == "GET":
        asked = b"connect=v1" in scope["query_string"].split(b"&") and not method.server_streaming
        options: Any = method.GetOptions()
        return connect.serve_get if asked and options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS else None
    if scope["method"] != "POST":
        return None
    if kind in _GRPC:
        return _GRPC[kind] if _TRAILERS in scope["extensions"] and scope["http_version"] == "2" else None
    if method.client_streaming:
        return None
    return _WEB.get(kind) or (_STREAMS if method.server_streaming else _UNARY).get(kind)


def _host_of(authority: bytes) -> str:
    """Return the host of an authority, without its port."""
    text = authority.decode("latin-1").lower()
    return text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]


def _is_ours(host: str) -> bool:
    """Whether no name server can have made a browser call us by this name: DNS rebinding."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _preflight(origin: bytes | None) -> Headers:
    if origin is None:
        return []
    return [
        (b"access-control-allow-methods", b"POST, GET"),
        (b"access-control-allow-headers", _REQUEST_HEADERS.encode()),
        (b"access-control-max-age", b"%d" % _PREFLIGHT_SECONDS),
    ]


def _sharing(send: Send, origin: bytes) -> Send:
    """Return what sends responses that a page of this origin may read."""
    shared = [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _RESPONSE_HEADERS.encode()),
        (b"vary", b"origin"),
    ]

    async def share(event: Any) -> None:
        if event["type"] == "http.response.start":
            event = {**event, "headers": [*event["headers"], *shared]}
        await send(event)

    return share


async def _respond(send: Send, status: int, headers: Headers = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
