"""gRPC, gRPC-Web and Connect on one port, by h2corn: HTTP/1.1 and HTTP/2 in Rust, and ASGI on our own event loop."""

import asyncio
import errno
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from h2corn import Config, Server

from millstream_service.errors import CannotListenError
from millstream_service.rpc.call import Route
from millstream_service.rpc.transports import grpc_http
from millstream_service.rpc.transports.grpc_http import Receive, Scope, Send

_BACKLOG = 4_096
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 2}
"""Seconds until the system asks whether a client is still there, and how often: finds those that vanished."""
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_UNSUPPORTED_TYPE = 415


class NativeTransport:
    """A server of some routes. The cycle: ports are added -> started -> stopped."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._app = _App(routes)
        self._sockets: list[socket.socket] = []
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None

    def add_port(self, address: str) -> int:
        """Listen at HOST:PORT or unix:PATH; return the port, 0 for a socket. Raises CannotListenError."""
        try:
            bound = [_bind_path(address.removeprefix("unix:"))] if address.startswith("unix:") else _bind_host(address)
        except OSError as error:
            raise CannotListenError(f"can't listen on {address}: is it taken?") from error
        self._sockets += bound
        return 0 if address.startswith("unix:") else int(bound[0].getsockname()[1])

    async def start(self) -> None:
        """Take calls."""
        config = Config(
            bind=tuple(f"fd://{one.fileno()}" for one in self._sockets),
            lifespan="off",
            grpc=True,
            access_log=False,
            runtime_threads=1,
            max_concurrent_streams=20_000,
            timeout_keep_alive=0,
            timeout_graceful_shutdown=1.0,
            h2_max_header_list_size=16 << 10,
            h2_max_header_block_size=16 << 10,
            h2_initial_stream_window_size=1 << 20,
            h2_initial_connection_window_size=4 << 20,
        )
        self._server = Server(self._app, config)
        self._serving = asyncio.create_task(self._server.serve())
        await self._server.wait_started()

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and give the last statuses so many seconds to go out."""
        if self._server is not None and self._serving is not None:
            self._server.shutdown()
            await asyncio.wait([self._serving], timeout=2 * seconds + 1)
        for one in self._sockets:
            one.close()


def _bind_path(path: str) -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    try:
        one.bind(path)
        one.listen(_BACKLOG)
    except BaseException:
        one.close()
        raise
    return one


def _bind_host(address: str) -> list[socket.socket]:
    """Bind all addresses that a host has, with the same port; a kind that this machine lacks is left out."""
    host, _, text = address.rpartition(":")
    port = int(text)
    bound: list[socket.socket] = []
    try:
        for family, *_, found in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM):
            try:
                one = socket.create_server((found[0], port), family=family, backlog=_BACKLOG)
            except OSError as error:
                if bound and error.errno in _NOT_HERE:
                    continue
                raise
            bound.append(one)
            port = one.getsockname()[1]
            _watch_connections(one)
    except BaseException:
        for one in bound:
            one.close()
        raise
    return bound


def _watch_connections(listener: socket.socket) -> None:
    """Set what each connection gets from its listener."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _App:
    """The ASGI application: finds the route of a call, and which protocol it is in."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: Mapping[str, Route] = {route.path: route for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers = dict(scope["headers"])
        route = self._routes.get(scope["path"])
        if headers.get(b"content-type", b"").startswith(b"application/grpc"):
            if route is None:
                await _refuse(send, [(b"content-type", b"application/grpc"), (b"grpc-status", b"12")])
            else:
                await grpc_http.serve(route, scope, headers, receive, send)
            return
        await _refuse(send, [], _UNSUPPORTED_TYPE)


async def _refuse(send: Send, headers: list[tuple[bytes, bytes]], status: int = 200) -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
