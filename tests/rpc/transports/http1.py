"""HTTP/1.1 as a client of few words speaks it, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.deadline import within

_NO_BODY = {204, 304}


@dataclass(frozen=True)
class Response:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A connection that stays open from call to call, as long as the server lets it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Send a request. Its length is the body's, unless the headers say otherwise."""
        everything = {"host": "localhost", "content-length": str(len(body))} | dict(headers)
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in everything.items() if value)]
        self._writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        await within(self._writer.drain())

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Send a request and wait for all of the answer."""
        await self.send(method, path, headers, body)
        return await self.response(has_body=method != "HEAD")

    async def response(self, *, has_body: bool = True) -> Response:
        """Wait for all of an answer."""
        status, headers = await self.head()
        if not has_body or status in _NO_BODY:
            return Response(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Response(status, headers, b"".join([chunk async for chunk in self.chunks()]))
        return Response(status, headers, await within(self.reader.readexactly(int(headers["content-length"]))))

    async def head(self) -> tuple[int, Mapping[str, str]]:
        """Wait for the status and the headers."""
        lines = (await within(self.reader.readuntil(b"\r\n\r\n"))).decode("latin-1").split("\r\n")
        pairs = (line.partition(":")[::2] for line in lines[1:] if line)
        headers: dict[str, str] = {}
        for name, value in pairs:
            before = headers.get(name.lower())
            headers[name.lower()] = value.strip() if before is None else f"{before}, {value.strip()}"
        return int(lines[0].split()[1]), headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the chunks of a body."""
        while size := int(await within(self.reader.readuntil(b"\r\n")), 16):
            yield (await within(self.reader.readexactly(size + 2)))[:-2]
        await within(self.reader.readuntil(b"\r\n"))


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    """Connect to HOST:PORT."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()


async def ask(
    address: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Response:
    """Make one call on a connection of its own."""
    async with connected(address) as connection:
        return await connection.ask(method, path, headers or {}, body)
