"""The server that the suite starts: it reads from its input what to serve, and prints where.

python -m tests.conformance.server TRANSPORT DESCRIPTORS
"""

import asyncio
import signal
import struct
import sys
from pathlib import Path

from millstream_service.background import Supervisor
from millstream_service.rpc.transports.choice import new_transport
from tests.conformance import messages
from tests.conformance.service import routes

_HOST = "127.0.0.1"
_MAX_BYTES = 4 << 20
_SIZE = struct.Struct(">I")


async def serve(transport_name: str) -> None:
    """Serve until stopped."""
    (size,) = _SIZE.unpack(sys.stdin.buffer.read(_SIZE.size))
    asked = messages.new("ServerCompatRequest")
    asked.MergeFromString(sys.stdin.buffer.read(size))
    max_bytes = asked.message_receive_limit or _MAX_BYTES
    transport = new_transport(transport_name, routes(max_bytes), max_bytes, Supervisor())
    port = transport.add_port(f"{_HOST}:0")
    await transport.start()
    answer = messages.new("ServerCompatResponse", host=_HOST, port=port).SerializeToString()
    sys.stdout.buffer.write(_SIZE.pack(len(answer)) + answer)
    sys.stdout.buffer.flush()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await transport.stop(0)


if __name__ == "__main__":
    messages.load(Path(sys.argv[2]))
    asyncio.run(serve(sys.argv[1]))
