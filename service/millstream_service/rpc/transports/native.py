"""gRPC, gRPC-Web and Connect on one port, by h2corn: HTTP/1.1 and HTTP/2 in Rust, and ASGI on our own event loop."""

import asyncio
import errno
import socket
from collections.abc import Iterable, Sequence
from dataclasses import replace

from h2corn import Config, Server
from h2corn._lib import prepare_tls

from millstream_service.background import Supervisor
from millstream_service.errors import CannotListenError
from millstream_service.rpc.call import Route
from millstream_service.rpc.transports.app import App

_BACKLOG = 4_096
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 2}
"""Seconds until the system asks whether a client is still there, and how often: finds those that vanished."""
_CONFIG = Config(
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
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class NativeTransport:
    """A server of some routes. The cycle: ports are added -> started -> stopped.

    What ends it otherwise ends the service: see `_ended`.
    """

    def __init__(self, routes: Iterable[Route], supervisor: Supervisor, origins: Sequence[str] = ()) -> None:
        self._supervisor = supervisor
        self._sockets: list[socket.socket] = []
        self._app = App(routes, origins)
        self._server: Server
        self._serving: asyncio.Task[None] | None = None
        self._stopping = False

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
        # What `Server.serve` does, but for its banner on stderr: so may h2corn's own workers be begun.
        descriptors = [one.detach() for one in self._sockets]
        config = replace(_CONFIG, bind=tuple(f"fd://{one}" for one in descriptors))
        self._server = Server(self._app.serve, config)
        serving = self._server._serve_worker_fds(  # noqa: SLF001
            descriptors, prepared_tls=prepare_tls(config)
        )
        self._serving = asyncio.create_task(serving, name="millstream-transport")
        self._serving.add_done_callback(self._ended)
        await self._server.wait_started()

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and give the last statuses so many seconds to go out."""
        self._stopping = True
        if self._serving is not None:
            self._server.shutdown()
            await asyncio.wait([self._serving], timeout=seconds + 2 * _CONFIG.timeout_graceful_shutdown)
        for one in self._sockets:
            one.close()

    def _ended(self, serving: asyncio.Task[None]) -> None:
        error = None if serving.cancelled() else serving.exception()
        if not self._stopping:
            self._supervisor.fail("the transport", error or RuntimeError("it has ended"))


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
