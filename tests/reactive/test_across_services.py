"""What is watched is as new as the call, whichever of the services on a store committed it."""

import asyncio

import pytest

from millstream_service.reactive.commits import Commits
from tests.reactive.observing import Counted, ids, sky


async def test_the_first_value_is_as_new_as_the_call_whichever_service_committed(
    lasting_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hear_nothing(_commits: Commits) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Commits, "_watch", hear_nothing)
    async with sky(lasting_url) as it, sky(lasting_url) as other:
        watched = Counted(ids)
        readers = [it.watch(watched.query)]
        await readers[0].begins()
        for key, value in (("a", b"a"), ("b", b"a,b")):
            revision = await other.add(key)
            readers.append(it.watch(watched.query))
            message = await readers[-1].begins()
            assert (message.data, message.position.revision >= revision) == (value, True)
        for reader in readers:
            await reader.leave()
