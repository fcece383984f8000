"""Just enough of HTTP/2 to ping a server, and to open streams and reset them: https://www.rfc-editor.org/rfc/rfc9113"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_ACK = _END_STREAM = 1
_END_HEADERS = 4
_CANCEL = (8).to_bytes(4, "big")


class Connection:
    """A connection on which goes out what its methods say, and nothing else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def _send(self, kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> None:
        head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
        self._writer.write(head + payload)

    async def reset_streams(self, path: str, message: bytes, count: int) -> None:
        """Open so many streams of an RPC, each with a whole request, and reset each at once."""
        headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", "te": "trailers"}
        head = b"".join(_literal(*one) for one in (headers | {"content-type": "application/grpc"}).items())
        for number in range(1, 2 * count, 2):
            self._send(_HEADERS, head, _END_HEADERS, number)
            self._send(_DATA, b"\0" + len(message).to_bytes(4, "big") + message, _END_STREAM, number)
            self._send(_RST_STREAM, _CANCEL, 0, number)
            await self._writer.drain()

    async def ping(self, number: int) -> None:
        """Send a ping and wait for its answer. Raises ConnectionError where the server would rather not."""
        payload = number.to_bytes(8, "big")
        self._send(_PING, payload)
        while True:
            head = await self._reader.readexactly(9)
            kind, flags = head[3], head[4]
            content = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
            if kind == _GOAWAY:
                raise ConnectionError(f"the server closes the connection: {content[8:].decode(errors='replace')}")
            if kind == _PING and flags & _ACK and content == payload:
                return


def _literal(name: str, value: str) -> bytes:
    """Return a header, not compressed: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2"""
    return b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    """Connect to HOST:PORT."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    connection = Connection(reader, writer)
    writer.write(_PREFACE)
    connection._send(_SETTINGS)
    try:
        yield connection
    finally:
        writer.close()
