"""All observations: who watches what, and how values reach those who watch.

The cycle: the first one to watch a query makes its observation, which is read; each commit that concerns it has it read
again (see `rounds`), and each new version becomes messages, once for all. What is read after a commit waits for nothing
else: what was never read before has rounds and a lane of its own, and what takes long the first time another one. A
long list becomes messages in a thread. All fields belong to the event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from millstream_service.background import Supervisor
from millstream_service.errors import ListTooLargeError
from millstream_service.reactive.observation import Observation, Query, Version
from millstream_service.reactive.regions import Regions
from millstream_service.reactive.rounds import Rounds
from millstream_service.reactive.shared_reads import SharedReads
from millstream_service.security.tokens import Place, TokenSigner
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.history import queries

T = TypeVar("T")
FIRST_READS = 100
"""So many observations are read for the first time in one round, at the most; of those that take long, one."""
MAX_QUICK_WORK = 2_000
"""So many elements become messages in a moment: in the event loop."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a subscriber wants its messages: see StreamOptions. `min_interval` is in seconds."""

    resume_token: bytes = b""
    min_interval: float = 0.0
    append: bool = False


@dataclass(frozen=True, slots=True)
class MessagePosition:
    """What the field `position` of a message says."""

    revision: int
    resume_token: bytes
    unchanged: bool = False
    append: bool = False


class Observatory:
    """Keeps the observations. `encode_position` makes the bytes of a message's field `position`."""

    def __init__(
        self,
        database: Database,
        regions: Regions,
        signer: TokenSigner,
        encode_position: Callable[[MessagePosition], bytes],
        supervisor: Supervisor,
    ) -> None:
        self._database = database
        self._regions = regions
        self._signer = signer
        self._encode_position = encode_position
        self._supervisor = supervisor
        self._observations: dict[tuple[Hashable, ...], Observation] = {}
        self._revisions = SharedReads(self._stored_revision)
        self._again = Rounds(database, regions, Lane.WATCHED)
        self._first = Rounds(database, regions, Lane.FIRST, FIRST_READS, later=self._again)
        self._long_first = Rounds(database, regions, Lane.LONG_FIRST, 1, later=self._again)
        self._rounds = self._again, self._first, self._long_first

    def start(self) -> None:
        """Begin to read what is due."""
        for rounds in self._rounds:
            rounds.start(self._supervisor)

    async def close(self) -> None:
        """Stop reading. Those who watch should have been ended before."""
        for rounds in self._rounds:
            await rounds.close()

    def __len__(self) -> int:
        """Return how many different queries are watched."""
        return len(self._observations)

    async def subscribe(self, query: Query, delivery: Delivery) -> AsyncIterator[bytes]:
        """Yield the query's messages, serialized: the value now, and the newest one after each change.

        Raises InvalidResumeTokenError, and whatever a read of the query ends with.
        """
        place = self._signer.place(query.request, delivery.resume_token)
        observation = self._join(query)
        try:
            version = await self._newest(observation, place)
            for message in await self._first_messages(observation, version, place, delivery):
                yield message
            while True:
                message = b""  # what was sent does not stay here until the next
                if delivery.min_interval:
                    await asyncio.sleep(delivery.min_interval)
                await version.superseded.wait()
                seen, version = version, observation.newest()
                if version.differs(seen):
                    grew = delivery.append and version.lineage == seen.lineage
                    start = len(seen.value) if grew else 0
                    for message in await self._messages(observation, version, start, delivery):
                        yield message
        finally:
            observation.subscribers -= 1
            if not observation.subscribers:
                self._end(observation)

    async def _stored_revision(self, _key: None) -> int:
        return await self._database.read(queries.revision, Lane.SHORT)

    def _join(self, query: Query) -> Observation:
        """Join the observation of the query, making it where it is new; the last one to leave ends it."""
        observation = self._observations.get(query.key)
        if observation is None or observation.error is not None:
            observation = self._observations[query.key] = Observation(query, self._ask)
            self._regions.add(observation, query.region)  # before the first read: nothing falls between
            observation.notify()
        observation.subscribers += 1
        return observation

    def _end(self, observation: Observation) -> None:
        self._regions.remove(observation, observation.query.region)
        for rounds in self._rounds:
            rounds.remove(observation)
        if self._observations.get(observation.query.key) is observation:
            del self._observations[observation.query.key]

    def _ask(self, observation: Observation) -> None:
        first = self._long_first if observation.query.long else self._first
        (self._again if observation.version else first).add(observation)

    async def _newest(self, observation: Observation, place: Place | None) -> Version:
        """Return the version that holds all that was committed so far, and all that a client has seen elsewhere."""
        if observation.version is not None or observation.subscribers > 1:  # else its first read is yet to come
            newest = max(self._regions.newest, await self._revisions.get(None), place.revision if place else 0)
            if newest > max(observation.read_revision, self._regions.complete):
                observation.notify()  # another service has committed before, of which we have not heard yet
        complete = self._regions.complete
        version = await observation.current()
        version.stands_at(max(observation.read_revision, complete))
        return version

    async def _first_messages(
        self, observation: Observation, version: Version, place: Place | None, delivery: Delivery
    ) -> list[bytes]:
        """Return what a client needs that comes with a token, or without one."""
        if place is None:
            return await self._messages(observation, version, 0, delivery)
        compare = partial(self._compare, observation.query, version, place)
        quick = version.value.work(place.length) <= MAX_QUICK_WORK
        known, unchanged = compare() if quick else await self._later(compare)
        if unchanged:
            return [unchanged]
        return await self._messages(observation, version, place.length if known and delivery.append else 0, delivery)

    def _compare(self, query: Query, version: Version, place: Place) -> tuple[bool, bytes]:
        """Return whether the list still begins with what a client has, and the message that it has all (else none)."""
        value = version.value
        known = place.length <= len(value) and value.digest(place.length) == place.digest
        if not known or place.length != len(value):
            return known, b""
        return known, self._encode_position(
            MessagePosition(version.revision, self._token(query, version), unchanged=True)
        )

    async def _messages(
        self, observation: Observation, version: Version, start: int, delivery: Delivery
    ) -> list[bytes]:
        """Return the messages that bring a client with the first `start` elements of a list here.

        They are made once for all who watch; a single one needs them once. Raises ListTooLargeError.
        """
        query = observation.query
        if query.max_whole and len(version.value) > query.max_whole and not delivery.append:
            raise ListTooLargeError("options.append", query.max_whole, "elements: set it")
        made = version.messages.get(start) if version.messages else None
        if made is None:
            make = partial(self._made, query, version, start)
            made = make() if version.value.work(start) <= MAX_QUICK_WORK else asyncio.ensure_future(self._later(make))
            if observation.subscribers > 1:
                version.messages = {**(version.messages or {}), start: made}
        return made if isinstance(made, list) else await asyncio.shield(made)

    async def _later(self, make: Callable[[], T]) -> T:
        return await self._database.lanes.run(Lane.MESSAGES, make)

    def _made(self, query: Query, version: Version, start: int) -> list[bytes]:
        parts = version.value.parts(start)
        return [
            self._frame(query, version, part, append=start > 0 or index > 0, last=index == len(parts) - 1)
            for index, part in enumerate(parts)
        ]

    def _frame(self, query: Query, version: Version, part: bytes, *, append: bool, last: bool) -> bytes:
        token = self._token(query, version) if last else b""
        return self._encode_position(MessagePosition(version.revision, token, append=append)) + part

    def _token(self, query: Query, version: Version) -> bytes:
        length = len(version.value)
        return self._signer.resume_token(query.request, Place(version.revision, length, version.value.digest(length)))
