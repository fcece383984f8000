"""Just enough of HTTP/2 to ping a server: https://www.rfc-editor.org/rfc/rfc9113"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _PING, _GOAWAY = 4, 6, 7
_ACK = 1


class Connection:
    """A connection on which nothing but pings goes out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def _send(self, kind: int, payload: bytes = b"") -> None:
        self._writer.write(len(payload).to_bytes(3, "big") + bytes((kind, 0)) + bytes(4) + payload)

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
