"""Bare gRPC servers: the same bytes over the same paths, and nothing behind them. `python -m tests.load.floors KIND`.

Nothing is parsed, checked, stored or logged, so no service on this runtime (grpc.aio) can be faster.
"""

import argparse
import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc

from tests.load import messages
from tests.load.loads.wire import TIME, clock

OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 40_000),
)


class Answering(grpc.GenericRpcHandler):
    """Answers every unary call with the same message, the one of a file."""

    def __init__(self, path: str) -> None:
        [self._answer] = messages.read(Path(path))

    def service(self, _details: grpc.HandlerCallDetails) -> Any:
        """Return the one handler."""
        return grpc.unary_unary_rpc_method_handler(self._answered)

    async def _answered(self, _request: bytes, _context: Any) -> bytes:
        return self._answer


class Replaying(grpc.GenericRpcHandler):
    """Answers every call with a stream of the same messages, from memory."""

    def __init__(self, path: str) -> None:
        self._messages = list(messages.read(Path(path)))

    def service(self, _details: grpc.HandlerCallDetails) -> Any:
        """Return the one handler."""
        return grpc.unary_stream_rpc_method_handler(self._replayed)

    async def _replayed(self, _request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for message in self._messages:
            yield message


class FanningOut(grpc.GenericRpcHandler):
    """Hands the bytes of the newest unary call to all streams that wait; answers when it had them, as TIME."""

    def __init__(self) -> None:
        self._message = b"first"
        self._superseded = asyncio.Event()

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Return the handler for streams, or for updates."""
        if str(details.method).rpartition("/")[2].startswith("Stream"):
            return grpc.unary_stream_rpc_method_handler(self._subscribed)
        return grpc.unary_unary_rpc_method_handler(self._published)

    async def _subscribed(self, _request: bytes, _context: Any) -> AsyncIterator[bytes]:
        while True:
            superseded = self._superseded
            yield self._message
            await superseded.wait()

    async def _published(self, request: bytes, _context: Any) -> bytes:
        had_at = TIME.pack(clock())
        self._message = request
        superseded, self._superseded = self._superseded, asyncio.Event()
        superseded.set()
        return had_at


KINDS: dict[str, Callable[..., grpc.GenericRpcHandler]] = {
    "answering": Answering,
    "replaying": Replaying,
    "fanning-out": FanningOut,
}


async def serve(handler: Callable[[], grpc.GenericRpcHandler]) -> None:
    """Serve on a free port until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers((handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # as the service does: else many streams would be looked through again and again
    print(f"listening on 127.0.0.1:{port}", flush=True)  # noqa: T201 - the harness waits for it
    await stop.wait()
    await server.stop(0)


def main() -> None:
    """Serve the floor that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    asyncio.run(serve(lambda: KINDS[options.kind](*options.arguments)))


if __name__ == "__main__":
    main()
