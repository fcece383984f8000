"""Just enough of HTTP/2 to ping a server, and to open streams and reset them: https://www.rfc-editor.org/rfc/rfc9113"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, _HEADERS, _RST_STREAM, SETTINGS, PING, _GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
_ACK = _END_STREAM = 1
END_HEADERS = 4
_DRAIN_EVERY = 100
_CANCEL = (8).to_bytes(4, "big")


class Connection:
    """A connection on which goes out what its methods say, and nothing else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> None:
        """Send a frame."""
        head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
        self._writer.write(head + payload)

    async def drain(self) -> None:
        """Wait until there is room to send more. Raises ConnectionError."""
        await self._writer.drain()

    def open_stream(self, number: int, path: str, *, flags: int = END_HEADERS, more: bytes = b"") -> None:
        """Open a stream of an RPC, with more headers as they are."""
        self.send(_HEADERS, _head(path) + more, flags, number)

    async def open_calls(self, path: str, message: bytes, count: int) -> None:
        """Open so many streams of an RPC, each with a whole request."""
        for number in range(1, 2 * count, 2):
            self._call(number, path, message)
            await self.drain()

    async def cancel_calls(self, count: int) -> None:
        """Reset the first of the streams."""
        for number in range(1, 2 * count, 2):
            self.send(_RST_STREAM, _CANCEL, 0, number)
        await self.drain()

    async def reset_streams(self, path: str, message: bytes, count: int) -> None:
        """Open so many streams of an RPC, each with a whole request, and reset each at once."""
        for number in range(1, 2 * count, 2):
            self._call(number, path, message)
            self.send(_RST_STREAM, _CANCEL, 0, number)
            await self.drain()

    def _call(self, number: int, path: str, message: bytes) -> None:
        self.open_stream(number, path)
        self.send(DATA, b"\0" + len(message).to_bytes(4, "big") + message, _END_STREAM, number)

    async def flood(self, kind: int, payload: bytes, count: int, stream: int = 0) -> None:
        """Send the same frame so many times, and read all that comes. Raises ConnectionError."""
        reading = asyncio.create_task(self._reader.read())
        try:
            for number in range(count):
                self.send(kind, payload, 0, stream)
                if number % _DRAIN_EVERY == 0:
                    await self.drain()
                    if reading.done():
                        raise ConnectionError("the server closed the connection")
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def ping(self, number: int) -> None:
        """Send a ping and wait for its answer. Raises ConnectionError where the server would rather not."""
        payload = number.to_bytes(8, "big")
        self.send(PING, payload)
        await self._answered(payload)

    async def wait_for_end(self) -> None:
        """Read until the server closes the connection. Raises ConnectionError then."""
        await self._answered(b"")

    async def _answered(self, payload: bytes) -> None:
        while True:
            head = await self._reader.readexactly(9)
            kind, flags = head[3], head[4]
            content = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
            if kind == _GOAWAY:
                raise ConnectionError(f"the server closes the connection: {content[8:].decode(errors='replace')}")
            if kind == PING and flags & _ACK and content == payload:
                return


def _head(path: str) -> bytes:
    headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", "te": "trailers"}
    return b"".join(literal(*one) for one in (headers | {"content-type": "application/grpc"}).items())


def literal(name: str, value: str) -> bytes:
    """Return a header, not compressed: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2"""
    return b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    """Connect to HOST:PORT."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    connection = Connection(reader, writer)
    writer.write(_PREFACE)
    connection.send(SETTINGS)
    try:
        yield connection
    finally:
        writer.close()
