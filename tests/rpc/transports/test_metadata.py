"""Metadata and statuses on their way through headers."""

import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service.errors import ValidationFailedError
from millstream_service.rpc.call import Call, Route, Status
from millstream_service.rpc.transports.headers import headers_of, metadata_of, parse_timeout, trailers_of
from tests.deadline import within
from tests.rpc.transports.http1 import ask
from tests.rpc.transports.served import GET, path_of, serving_at

VALUES = st.binary(max_size=40)


@given(st.lists(VALUES, min_size=1, max_size=4), st.booleans())
def test_of_values_in_bytes_the_last_counts(values: list[bytes], padded: bool) -> None:
    texts = [base64.b64encode(value) if padded else base64.b64encode(value).rstrip(b"=") for value in values]
    assert metadata_of([(b"x-bin", b",".join(texts))]) == {"x-bin": values[-1]}
    assert metadata_of([(b"x-bin", b", ".join(texts))]) == {"x-bin": values[-1]}
    assert metadata_of([(b"x-bin", text) for text in texts]) == {"x-bin": values[-1]}


@given(st.binary(max_size=40))
def test_what_is_no_base64_is_no_error(value: bytes) -> None:
    assert isinstance(metadata_of([(b"x-bin", value)])["x-bin"], bytes)


@given(VALUES)
def test_bytes_come_back(value: bytes) -> None:
    assert metadata_of(headers_of([("x-bin", value)])) == {"x-bin": value}


def test_texts_of_one_name_are_joined() -> None:
    headers = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3, 4"), (b"grpc-timeout", b"1S"), (b":path", b"/")]
    assert metadata_of(headers) == {"a": "1,3, 4", "b": "2"}


@given(st.text())
def test_any_text_of_a_status_comes_back(text: str) -> None:
    encodable = text.encode(errors="replace").decode()
    message = dict(trailers_of(Status(5, encodable, b"")))[b"grpc-message"]
    assert all(0x20 <= byte <= 0x7E for byte in message)
    assert unquote(message.decode("ascii")) == encodable


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1H", 3_600), ("2M", 120), ("3S", 3), ("4m", 0.004), ("5u", 5e-6), ("99999999n", 0.099999999)],
)
def test_deadlines(text: str, seconds: float) -> None:
    assert parse_timeout(text.encode()) == pytest.approx(seconds)


@given(st.binary(max_size=12))
def test_any_deadline_is_one_or_refused(value: bytes) -> None:
    with suppress(ValidationFailedError):
        assert parse_timeout(value) >= 0


async def _echo(_request: bytes, call: Call) -> bytes | Status:
    sent = call.metadata
    call.headers = [("x-text", sent.get("x-text", "")), ("x-bin", sent.get("x-bin", b""))]
    call.trailers = [("y-bin", b"\0\xff"), ("y-bin", b"2")]
    return b""


@pytest.fixture
async def echoing() -> AsyncIterator[str]:
    async with serving_at([Route(GET, _echo, 1_000)]) as address:
        yield address


async def test_metadata_goes_both_ways_by_grpc(echoing: str) -> None:
    async with grpc.aio.insecure_channel(echoing) as channel:
        raw: Any = channel.unary_unary
        sent = (("x-text", "a"), ("x-text", "b"), ("x-bin", b"\0\1"), ("x-bin", b"\xff"))
        call = raw(path_of(GET))(b"", metadata=sent)
        headers = dict(await within(call.initial_metadata()))
        assert headers["x-text"] in {"a,b", "a, b"}
        assert headers["x-bin"] == b"\xff"
        assert [value for _, value in await within(call.trailing_metadata())] == [b"\0\xff", b"2"]


async def test_metadata_goes_both_ways_by_connect(echoing: str) -> None:
    headers = {"content-type": "application/proto", "x-text": "a, b", "x-bin": "AAE, /w"}
    response = await ask(echoing, "POST", path_of(GET), headers)
    assert response.headers["x-text"] == "a, b"
    assert response.headers["x-bin"] == "/w"
    assert response.headers["trailer-y-bin"] == "AP8, Mg"
