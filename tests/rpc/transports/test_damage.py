"""Whatever bytes come, in whatever parts: a call ends with an error that is the client's, and nothing is logged."""

import gzip
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service.errors import MessageTooLargeError
from millstream_service.rpc.call import BrokenCallError
from millstream_service.rpc.transports.frames import COMPRESSED, HEAD, Deframer, frame
from tests.rpc.transports.http1 import ask, connected
from tests.rpc.transports.protocols import OVER_HTTP1, PROTOCOLS, Protocol
from tests.rpc.transports.served import GET, STREAM, Served, path_of

MAX = 200
KINDS = [
    "application/json",
    "application/proto",
    "application/connect+json",
    "application/connect+proto",
    "application/grpc-web",
    "application/grpc-web-text",
]
UNSAID = "a message is compressed, and the headers do not say how"
"""The one fault of a client that gRPC wants to be called INTERNAL."""
FRAMES = st.builds(
    lambda flags, size, data: HEAD.pack(flags, len(data) if size is None else size) + data,
    st.sampled_from([0, 0, 0, 1, 2, 128, 255]),
    st.one_of(st.none(), st.none(), st.integers(0, 2**32 - 1)),
    st.binary(max_size=300) | st.binary(max_size=300).map(gzip.compress),
)
BODIES = st.lists(FRAMES, max_size=4).map(b"".join) | st.binary(max_size=400)


def _parts(body: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    at = 0
    for cut in sorted(cut % (len(body) + 1) for cut in cuts):
        yield body[at:cut]
        at = cut
    yield body[at:]


def _model(body: bytes) -> list[bytes | str]:
    """Return the messages of a body, as it says itself, and how it ends."""
    found: list[bytes | str] = []
    while len(body) >= HEAD.size:
        flags, size = HEAD.unpack_from(body)
        if flags > COMPRESSED:
            return [*found, "broken"]
        if size > MAX:
            return [*found, "too large"]
        if len(body) < HEAD.size + size:
            break
        data, body = body[HEAD.size : HEAD.size + size], body[HEAD.size + size :]
        if flags:
            try:
                data = gzip.decompress(data) if data else b"no"
            except (OSError, EOFError, ValueError):
                return [*found, "broken"]
            if data == b"no":
                return [*found, "broken"]
        if len(data) > MAX:
            return [*found, "too large"]
        found.append(data)
    return [*found, "rest" if body else "end"]


@given(BODIES, st.lists(st.integers(0, 2_000), max_size=8))
def test_the_deframer_is_as_its_model(body: bytes, cuts: list[int]) -> None:
    deframer = Deframer(MAX, "gzip")
    found: list[bytes | str] = []
    try:
        for part in _parts(body, cuts):
            deframer.feed(part)
            while (message := deframer.next()) is not None:
                found.append(message)
        found.append("end" if deframer.is_empty else "rest")
    except MessageTooLargeError:
        found.append("too large")
    except BrokenCallError:
        found.append("broken")
    assert found == _model(body)


@given(st.binary(max_size=MAX))
def test_what_is_framed_comes_out(message: bytes) -> None:
    deframer = Deframer(MAX, "identity")
    deframer.feed(frame(message) + frame(gzip.compress(message), COMPRESSED)[:3])
    assert deframer.next() == message
    assert deframer.next() is None


@pytest.mark.parametrize("protocol", OVER_HTTP1, ids=repr)
@given(body=BODIES, zipped=st.booleans())
async def test_any_body_is_the_clients_fault(served: Served, protocol: Protocol, body: bytes, zipped: bool) -> None:
    for method in (GET, STREAM):
        path, headers, _ = protocol.request(method, b"", zipped=zipped)
        outcome = protocol.outcome(method, await ask(served.address, "POST", path, headers, body))
        fine = outcome.code in {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNIMPLEMENTED"}
        assert fine or (outcome.code, outcome.message) == ("INTERNAL", UNSAID), outcome


@given(body=st.binary(max_size=300))
async def test_any_message_is_the_clients_fault(served: Served, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    for protocol in PROTOCOLS:
        outcome = await protocol.call(served.address, GET, body)
        assert outcome.code in {"OK", "INVALID_ARGUMENT"}, outcome
    assert caplog.text == ""


@pytest.mark.parametrize("kind", KINDS)
async def test_a_body_that_ends_before_its_length_is_forgotten(
    served: Served, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    for method in (GET, STREAM):
        async with connected(served.address) as connection:
            headers = {"content-type": kind, "content-length": "50"}
            await connection.send("POST", path_of(method), headers, b"\0\0\0\0")
    assert (await OVER_HTTP1[1].call(served.address, GET, b"")).code == "OK"
    assert caplog.text == ""
    assert len(served.servicer.asked) == 1
