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
_GRPC_PREFIX, _WEB_PREFIX = b"application/grpc", b"application/grpc-web"
_TRAILERS = "http.response.trailers"

_NO_CONTENT, _FORBIDDEN, _NOT_FOUND, _METHOD_NOT_ALLOWED = 204, 403, 404, 405
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
        self._hosts = frozenset(_host_of(origin.partition(b"://")[2]) for origin in self._origins)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        origin = headers.get(b"origin")
        if origin is not None or scope["http_version"] != "2":
            refused = self._refused(scope, headers, origin)
            if refused is not None:
                await _turn_away(kind, scope, send, *refused)
                return
            if origin is not None:
                send = _sharing(send, origin)
        route = self._routes.get(scope["path"])
        if scope["method"] == "OPTIONS" and origin is not None:
            await _respond(send, _NO_CONTENT, b"", _preflight(route))
            return
        serve = _serve_of(route, kind, scope)
        if serve is None or route is None:
            await _refuse(route, kind, scope, send)
        else:
            await serve(route, scope, headers, receive, send)

    def _refused(self, scope: Scope, headers: Mapping[bytes, bytes], origin: bytes | None) -> tuple[int, bytes] | None:
        """Return the status that refuses what a browser may have been made to send; None: it is none of that."""
        authority = headers.get(b"host", b"") or headers.get(b":authority", b"")
        host = _host_of(authority)
        if scope.get("client") is not None and not _is_ours(host) and host not in self._hosts:
            return _MISDIRECTED, b"call this service by an address, by localhost, or by the host of a web origin"
        if origin is None or origin.lower() in self._origins or _is_of(origin, authority):
            return None
        return _FORBIDDEN, b"pages of this origin may not call: it is none of the service's web origins"


async def _turn_away(kind: bytes, scope: Scope, send: Send, status: int, text: bytes) -> None:
    """Send a status, and say why; to a client of gRPC as a status of its own."""
    if _is_grpc(kind) and scope["http_version"] == "2":
        await _end(send, Status(Code.PERMISSION_DENIED, text.decode(), b""))
    else:
        await _respond(send, status, text)


def _is_grpc(kind: bytes) -> bool:
    return kind.startswith(_GRPC_PREFIX) and not kind.startswith(_WEB_PREFIX)


async def _refuse(route: Route | None, kind: bytes, scope: Scope, send: Send) -> None:
    """Say why nothing serves a call."""
    is_grpc = _is_grpc(kind)
    if route is not None and scope["method"] not in _methods_of(route):
        await _respond(send, _METHOD_NOT_ALLOWED, b"", [(b"allow", ", ".join(_methods_of(route)).encode())])
    elif is_grpc and scope["http_version"] != "2":
        await _respond(send, _VERSION_NOT_SUPPORTED, b"gRPC needs HTTP/2")
    elif is_grpc:
        text = f"{scope['path']} is not served" if route is None else "messages are protobuf's"
        await _end(send, Status(Code.UNIMPLEMENTED, text, b""))
    elif route is None:
        await _respond(send, _NOT_FOUND, b"no such RPC: its path is /package.Service/Method")
    else:
        kinds = b", ".join(_kinds_of(route))
        await _respond(send, _UNSUPPORTED_TYPE, b"the content type is one of: " + kinds, [(b"accept-post", kinds)])


def _methods_of(route: Route) -> Sequence[str]:
    """Return the HTTP methods that an RPC is called by."""
    options: Any = route.method.GetOptions()
    only_reads = options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS and not route.method.server_streaming
    return ("GET", "POST") if only_reads else ("POST",)


def _kinds_of(route: Route) -> Iterable[bytes]:
    """Return the content types that an RPC is called with."""
    if route.method.client_streaming:
        return _GRPC
    return [*(_STREAMS if route.method.server_streaming else _UNARY), *_WEB, *_GRPC]


def _serve_of(route: Route | None, kind: bytes, scope: Scope) -> Serve | None:
    """Return what serves a call of this content type; None where nothing does."""
    if route is None:
        return None
    method = route.method
    if scope["method"] != "POST":
        return connect.serve_get if scope["method"] == "GET" and "GET" in _methods_of(route) else None
    if kind in _GRPC:
        return _GRPC[kind] if _TRAILERS in scope["extensions"] and scope["http_version"] == "2" else None
    if method.client_streaming:
        return None
    return _WEB.get(kind) or (_STREAMS if method.server_streaming else _UNARY).get(kind)


def _host_of(authority: bytes) -> str:
    """Return the host of an authority, without its port."""
    text = authority.decode("latin-1").lower()
    return text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]


def _is_of(origin: bytes, authority: bytes) -> bool:
    """Whether an origin's pages come from this very service."""
    return origin.partition(b"://")[2].lower() == authority.lower()


def _is_ours(host: str) -> bool:
    """Whether no name server can have made a browser call us by this name: DNS rebinding."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _preflight(route: Route | None) -> Headers:
    return [
        (b"access-control-allow-methods", ", ".join(_methods_of(route) if route else ()).encode()),
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


async def _end(send: Send, status: Status) -> None:
    """End a call of gRPC's before it has begun."""
    await _respond(send, 200, b"", [(b"content-type", b"application/grpc"), *trailers_of(status)])


async def _respond(send: Send, status: int, text: bytes, headers: Headers = ()) -> None:
    kind = [(b"content-type", b"text/plain")] if text else []
    size = [] if status == _NO_CONTENT else [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *size, *headers]})
    await send({"type": "http.response.body", "body": text, "more_body": False})
