"""A token comes back as it was made, and anything else is refused."""

import base64
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from millstream_service.errors import InvalidPageTokenError, InvalidResumeTokenError
from millstream_service.security.tokens import Place, TokenSigner

SIGNER = TokenSigner(b"s" * 16, b"k" * 32)
OTHER_SECRET = TokenSigner(b"s" * 16, b"K" * 32)
OTHER_STORE = TokenSigner(b"S" * 16, b"K" * 32)
places = st.builds(Place, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.binary(min_size=16, max_size=16))
values = st.lists(st.text() | st.integers(-(2**63), 2**63 - 1), max_size=4)


@given(request=st.binary(), place=places)
def test_a_resume_token_comes_back_as_it_was_made(request: bytes, place: Place) -> None:
    assert SIGNER.place(request, SIGNER.resume_token(request, place)) == place


@given(request=st.binary(), after=values)
def test_a_page_token_comes_back_as_it_was_made(request: bytes, after: list[str | int]) -> None:
    assert SIGNER.after(request, SIGNER.page_token(request, after)) == after


def test_no_token_is_no_place() -> None:
    assert SIGNER.place(b"request", b"") is None
    assert SIGNER.after(b"request", "") is None


@given(place=places)
def test_a_resume_token_of_another_store_is_no_place(place: Place) -> None:
    assert SIGNER.place(b"request", OTHER_STORE.resume_token(b"request", place)) is None


@given(one=st.binary(), other=st.binary(), place=places, after=values)
def test_a_token_belongs_to_its_request(one: bytes, other: bytes, place: Place, after: list[str | int]) -> None:
    assume(one != other)
    with pytest.raises(InvalidResumeTokenError):
        SIGNER.place(other, SIGNER.resume_token(one, place))
    with pytest.raises(InvalidPageTokenError):
        SIGNER.after(other, SIGNER.page_token(one, after))


@given(place=places, at=st.integers(16, 63), bit=st.integers(0, 7))
def test_a_bit_of_a_resume_token_that_is_turned_is_noticed(place: Place, at: int, bit: int) -> None:
    token = bytearray(SIGNER.resume_token(b"request", place))
    token[at] ^= 1 << bit
    with pytest.raises(InvalidResumeTokenError):
        SIGNER.place(b"request", bytes(token))


@given(after=values, data=st.data())
def test_a_bit_of_a_page_token_that_is_turned_is_noticed(after: list[str | int], data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SIGNER.page_token(b"request", after)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InvalidPageTokenError):
        SIGNER.after(b"request", base64.urlsafe_b64encode(raw).decode())


@given(token=st.binary(min_size=1, max_size=100))
def test_any_bytes_are_no_resume_token(token: bytes) -> None:
    if len(token) == 64:
        assert SIGNER.place(b"request", token) is None
    else:
        with pytest.raises(InvalidResumeTokenError):
            SIGNER.place(b"request", token)


forged = st.binary(min_size=1).map(lambda data: base64.urlsafe_b64encode(data).decode())


@given(token=st.text(min_size=1) | st.text("ABCabc012-_=", min_size=1) | forged)
def test_any_text_is_no_page_token(token: str) -> None:
    with pytest.raises(InvalidPageTokenError):
        SIGNER.after(b"request", token)


@given(place=places, after=values)
def test_a_token_needs_the_stores_secret(place: Place, after: list[str | int]) -> None:
    with pytest.raises(InvalidResumeTokenError):
        SIGNER.place(b"request", OTHER_SECRET.resume_token(b"request", place))
    with pytest.raises(InvalidPageTokenError):
        SIGNER.after(b"request", OTHER_SECRET.page_token(b"request", after))


def test_the_kinds_of_token_are_not_taken_for_each_other() -> None:
    place = Place(1, 2, b"d" * 16)
    body = struct.pack(">qq16s", 1, 2, b"d" * 16)
    signature = SIGNER._sign(b"page", b"request", body)
    with pytest.raises(InvalidResumeTokenError):
        SIGNER.place(b"request", b"s" * 16 + body + signature)
    assert SIGNER.resume_token(b"request", place) == b"s" * 16 + body + SIGNER._sign(b"resume", b"request", body)


def test_where_the_request_ends_is_signed_too() -> None:
    # a request that ends with what begins the body must not be another's
    place = Place(0, 0, bytes(16))
    token = SIGNER.resume_token(b"", place)
    with pytest.raises(InvalidResumeTokenError):
        SIGNER.place(b"s", token)
