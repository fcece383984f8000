"""Floods of HTTP/2's own frames: a connection that sends them costs little, and none of the others notices.

Sources: https://www.rfc-editor.org/rfc/rfc9113#section-10.5, https://nowotarski.info/http2-continuation-flood/
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import psutil
import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.deadline import patience, within
from tests.faults.limits import http2
from tests.faults.limits.http2 import Connection, connected
from tests.rpc.transports.protocols import Grpc
from tests.rpc.transports.served import GET, WAIT, Served, path_of, serving

MEBIBYTE = 1 << 20
MEMORY = 64 * MEBIBYTE
FRAMES = 20_000
PATH = path_of(GET)
Flood = Callable[[Connection], Awaitable[None]]


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as served:
        yield served


async def _rapid_resets(connection: Connection) -> None:
    await connection.reset_streams(PATH, b"", FRAMES)


async def _settings(connection: Connection) -> None:
    await connection.flood(http2.SETTINGS, b"", FRAMES)


async def _windows(connection: Connection) -> None:
    await connection.flood(http2.SETTINGS, b"\0\4\0\0\0\1", FRAMES)


async def _pings(connection: Connection) -> None:
    await connection.flood(http2.PING, b"12345678", FRAMES)


async def _empty_data(connection: Connection) -> None:
    connection.open_stream(1, PATH)
    await connection.flood(http2.DATA, b"", FRAMES, stream=1)


async def _continuations(connection: Connection) -> None:
    connection.open_stream(1, PATH, flags=0)
    await connection.flood(http2.CONTINUATION, http2.literal("x", "y" * 100), FRAMES, stream=1)


async def _empty_continuations(connection: Connection) -> None:
    connection.open_stream(1, PATH, flags=0)
    await connection.flood(http2.CONTINUATION, b"", FRAMES, stream=1)


async def _references(connection: Connection) -> None:
    """Have the decoder keep one long header, and name it thousands of times in each of many small blocks."""
    connection.open_stream(1, PATH, more=b"\x40\x01a\x7f\xb9\x16" + b"z" * 3_000)
    for number in range(3, 403, 2):
        connection.open_stream(number, PATH, more=b"\xbe" * 4_000)
        await connection.drain()


FLOODS = (
    _rapid_resets,
    _settings,
    _windows,
    _pings,
    _empty_data,
    _continuations,
    _empty_continuations,
    _references,
)


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__.strip("_"))
async def test_a_flood_costs_little(served: Served, flood: Flood) -> None:
    assert (await Grpc().call(served.address, GET, b"")).code == "OK"
    before = psutil.Process().memory_info().rss
    async with asyncio.timeout(patience(60)), connected(served.address) as connection:
        with suppress(ConnectionError):  # cut off, which is as well
            await flood(connection)
        outcome = await within(Grpc().call(served.address, GET, b""))
    assert outcome.code == "OK"
    assert psutil.Process().memory_info().rss - before < MEMORY


@pytest.mark.parametrize("flood", [_rapid_resets, _continuations], ids=["rapid_resets", "continuations"])
async def test_what_nobody_sends_in_earnest_ends_the_connection(served: Served, flood: Flood) -> None:
    async with asyncio.timeout(patience(60)), connected(served.address) as connection:
        with pytest.raises(ConnectionError):
            await _then_ping(connection, flood)


async def _then_ping(connection: Connection, flood: Flood) -> None:
    await flood(connection)
    await connection.ping(1)


async def test_headers_of_more_than_16_kib_are_refused(served: Served) -> None:
    async with connected(served.address) as connection:
        connection.open_stream(1, PATH, more=b"\0\x01a\x7f\xe1\x5c" + b"z" * 12_000)
        await within(connection.ping(1))
        connection.open_stream(3, PATH, flags=0, more=b"\0\x01a\x7f\xe1\x5c" + b"z" * 12_000)
        connection.send(http2.CONTINUATION, b"\0\x01b\x7f\xe1\x5c" + b"z" * 12_000, http2.END_HEADERS, 3)
        with pytest.raises(ConnectionError, match="header"):
            await within(connection.ping(2))


@pytest.mark.slow(11)
async def test_headers_that_never_end_are_waited_for_only_so_long(served: Served) -> None:
    async with connected(served.address) as connection:
        connection.open_stream(1, PATH, flags=0)
        with pytest.raises(ConnectionError):
            await within(connection.wait_for_end())


@pytest.mark.xfail(strict=True, reason="h2corn 2.0.0 takes 200 cancelled calls at once for an attack, not to be set")
async def test_a_client_may_cancel_a_thousand_calls_at_once(served: Served) -> None:
    message = pb.GetProjectRequest(id=WAIT).SerializeToString()
    async with asyncio.timeout(patience(30)), connected(served.address) as connection:
        await connection.open_calls(PATH, message, 1_000)
        await connection.ping(1)
        await connection.cancel_calls(1_000)
        await connection.ping(2)
