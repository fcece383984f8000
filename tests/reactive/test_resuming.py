"""Tokens: a client that comes back with one learns whether the value still stands, or gets the rest of a list."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service.errors import InvalidResumeTokenError
from millstream_service.reactive.observatory import Delivery
from millstream_service.security.tokens import Place, TokenSigner
from tests.reactive.observing import Counted, Message, Sky, count, ids, sky

SIGNER = TokenSigner(b"s" * 16, b"secret" * 5)


@pytest.fixture
async def it(database_url: str) -> AsyncIterator[Sky]:
    async with sky(database_url) as it:
        yield it


async def first(it: Sky, counted: Counted, token: bytes = b"", *, append: bool = False) -> Message:
    """Return the first message of a call, and leave."""
    reader = it.watch(counted.query, Delivery(token, append=append))
    message = await reader.begins()
    await reader.leave()
    return message


@pytest.mark.parametrize("fetch", [ids, count], ids=["a list", "a value"])
async def test_a_value_that_still_stands_is_not_sent_again(it: Sky, fetch: object) -> None:
    await it.add("a")
    counted = Counted(fetch)  # type: ignore[arg-type]
    token = (await first(it, counted)).position.resume_token
    await it.rename("a", "new")
    again = await first(it, counted, token)
    assert (again.position.unchanged, again.data) == (True, b"")
    assert (await first(it, counted, again.position.resume_token)).position.unchanged, (
        "its token stands for the same value"
    )


async def test_a_value_that_was_changed_and_changed_back_still_stands(it: Sky) -> None:
    states = iter([b"one", b"two", b"one"])
    it_is = Counted(lambda connection, previous: type(count(connection, previous))(next(states)))
    token = (await first(it, it_is)).position.resume_token
    assert (await first(it, it_is, token)).data == b"two"
    assert (await first(it, it_is, token)).position.unchanged


async def test_after_unchanged_the_next_change_comes(it: Sky) -> None:
    counted = Counted(ids)
    token = (await first(it, counted)).position.resume_token
    reader = it.watch(counted.query, Delivery(token))
    assert (await reader.begins()).position.unchanged
    await it.add("a")
    await reader.shows(b"a")
    assert reader.values == [b"", b"a"]
    await reader.leave()


async def test_who_asked_for_it_is_sent_the_new_tail_of_a_list(it: Sky) -> None:
    await it.add("a", "b")
    token = (await first(it, Counted(ids))).position.resume_token
    await it.add("c")
    tail = await first(it, Counted(ids), token, append=True)
    assert (tail.position.append, tail.data) == (True, b"c")
    whole = await first(it, Counted(ids), token)
    assert (whole.position.append, whole.data) == (False, b"a,b,c")


async def test_a_list_that_did_more_than_grow_is_sent_whole(it: Sky) -> None:
    await it.add("b")
    token = (await first(it, Counted(ids))).position.resume_token
    await it.add("a")
    whole = await first(it, Counted(ids), token, append=True)
    assert (whole.position.append, whole.data) == (False, b"a,b")


async def test_a_list_that_grows_under_watch_is_extended_for_who_asked_for_it(it: Sky) -> None:
    await it.add("b")
    plain, extended = it.watch(Counted(ids).query), it.watch(Counted(ids).query, Delivery(append=True))
    await plain.shows(b"b")
    await extended.shows(b"b")
    await it.add("c")
    await plain.shows(b"b,c")
    assert (await extended.shows(b"c")).position.append
    await it.add("a")
    await plain.shows(b"a,b,c")
    assert not (await extended.shows(b"a,b,c")).position.append, "it did not grow at its end"
    await plain.leave()
    await extended.leave()


async def test_a_slow_reader_of_a_growing_list_is_sent_all_that_it_lacks(it: Sky) -> None:
    await it.add("a")
    quick, slow = it.watch(Counted(ids).query), it.watch(Counted(ids).query, Delivery(append=True), held=True)
    await slow.shows(b"a")
    for key, shown in (("b", b"a,b"), ("c", b"a,b,c"), ("d", b"a,b,c,d")):
        await it.add(key)
        await quick.shows(shown)
    slow.gate.set()
    assert (await slow.shows(b"b,c,d")).position.append
    await quick.leave()
    await slow.leave()


async def test_a_token_of_another_store_starts_afresh(it: Sky) -> None:
    other = TokenSigner(b"another store's.", b"another secret")
    token = other.resume_token(Counted(ids).query.request, Place(7, 0, b"d" * 16))
    message = await first(it, Counted(ids), token)
    assert not message.position.unchanged


async def test_a_token_of_another_request_is_refused(it: Sky) -> None:
    token = (await first(it, Counted(ids, key="one"))).position.resume_token
    reader = it.watch(Counted(ids, key="other").query, Delivery(token))
    assert isinstance(await reader.ends(), InvalidResumeTokenError)


async def test_a_refused_token_leaves_nothing_behind(it: Sky) -> None:
    reader = it.watch(Counted(ids).query, Delivery(b"forged"))
    assert isinstance(await reader.ends(), InvalidResumeTokenError)
    assert len(it.observatory) == 0


@given(st.integers(0, 79), st.integers(1, 255))
def test_a_token_with_one_wrong_byte_is_refused(place: int, flip: int) -> None:
    """All but the id of the store is signed, and that as well: with a wrong one it is another store's."""
    token = SIGNER.resume_token(b"request", Place(7, 3, b"d" * 16))
    forged = bytearray(token)
    forged[place % len(token)] ^= flip
    try:
        assert SIGNER.place(b"request", bytes(forged)) is None
        assert place % len(token) < 16
    except InvalidResumeTokenError:
        assert place % len(token) >= 16
