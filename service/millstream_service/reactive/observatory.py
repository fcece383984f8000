"""All observations: who is due, when they are read, and how their values reach those who watch.

The cycle: `_ask` collects what is due and wakes `_run`, which reads all of it in one transaction in a reading thread,
so that the values agree on their revision, and settles each. What becomes due during a read is in the next round:
nothing falls between. Rounds follow each other at least `ROUND_SECONDS` apart, so a burst of commits is conflated;
after a quiet time the first one is read at once. What has never been read waits in line behind the rest, and a round
takes only some of it: a thousand clients that come at once hold up no new value. While the database is away, rounds are
tried again at growing pauses. A round in which a statement fails is read once more, each query by itself: the one at
fault ends those who watch it with an error, the others go on. All fields belong to the event loop.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import MillstreamServiceError, QueryFailedError, UnavailableError
from millstream_service.reactive.following import longer
from millstream_service.reactive.observation import Observation, Query, Version
from millstream_service.reactive.regions import Regions
from millstream_service.reactive.values import Value
from millstream_service.store import engines, queries
from millstream_service.store.database import Database
from millstream_service.tokens import Place, TokenMint

_log = logging.getLogger(__name__)
ROUND_SECONDS = 0.01
FIRST_READS = 100
"""So many observations are read for the first time in one round, at the most."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a subscriber wants its messages: see StreamOptions. `min_interval` is in seconds."""

    resume_token: bytes = b""
    min_interval: float = 0.0
    append: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What the field `position` of a message says."""

    revision: int
    resume_token: bytes
    unchanged: bool = False
    append: bool = False


Wanted = tuple[Query, Value | None]
Fetched = Value | MillstreamServiceError


class Observatory:
    """Keeps the observations. `encode_mark` makes the bytes of a message's field `position`."""

    def __init__(
        self,
        database: Database,
        regions: Regions,
        mint: TokenMint,
        encode_mark: Callable[[Mark], bytes],
        supervisor: Supervisor,
    ) -> None:
        self._database = database
        self._regions = regions
        self._mint = mint
        self._encode_mark = encode_mark
        self._supervisor = supervisor
        self._observations: dict[tuple[Hashable, ...], Observation] = {}
        self._due: dict[Observation, None] = {}
        self._reading: dict[Observation, None] = {}
        self._round = 0
        self._pause = ROUND_SECONDS
        self._wake = asyncio.Event()
        self._task: background.Task | None = None

    def start(self) -> None:
        """Begin to read what is due."""
        self._task = self._supervisor.start(self._run, "observatory")

    async def close(self) -> None:
        """Stop reading. Those who watch should have been ended before."""
        await background.stop(self._task)

    def __len__(self) -> int:
        """Return how many different queries are watched."""
        return len(self._observations)

    async def subscribe(self, query: Query, delivery: Delivery) -> AsyncIterator[bytes]:
        """Yield the query's messages, serialized: the value now, and the newest one after each change.

        Raises InvalidResumeTokenError, and whatever a read of the query ends with.
        """
        place = self._mint.place(query.request, delivery.resume_token)
        observation = self._joined(query)
        try:
            version = await self._newest(observation, place)
            for message in self._first_messages(observation, _as_of(version, observation, place), place, delivery):
                yield message
            while True:
                message = b""  # what was sent does not stay here until the next
                if delivery.min_interval:
                    await asyncio.sleep(delivery.min_interval)
                await version.superseded.wait()
                seen, version = version, observation.newest()
                if not version.value.same(seen.value):
                    grew = delivery.append and version.lineage == seen.lineage
                    for message in self._messages(observation, version, len(seen.value) if grew else 0):
                        yield message
        finally:
            observation.subscribers -= 1
            if not observation.subscribers:
                self._end(observation)

    def _joined(self, query: Query) -> Observation:
        """Join the observation of the query, making it where it is new; the last one to leave ends it."""
        observation = self._observations.get(query.key)
        if observation is None or observation.error is not None:
            observation = self._observations[query.key] = Observation(query, self._ask)
            self._regions.add(observation, query.region)  # before the first read: nothing falls between
            self._ask(observation)
        observation.subscribers += 1
        return observation

    def _end(self, observation: Observation) -> None:
        self._regions.remove(observation, observation.query.region)
        self._due.pop(observation, None)
        if self._observations.get(observation.query.key) is observation:
            del self._observations[observation.query.key]

    def _ask(self, observation: Observation) -> None:
        self._due[observation] = None
        self._wake.set()

    async def _newest(self, observation: Observation, place: Place | None) -> Version:
        """Return the version that holds all that was committed so far, and all that a client has seen elsewhere."""
        if place is not None and place.revision > observation.read_revision:
            self._ask(observation)  # another service told the client of a commit that we have not heard of yet
        return await observation.round(self._next_round_of(observation))

    def _next_round_of(self, observation: Observation) -> int:
        """Return the round that sees all that was committed so far."""
        if observation in self._due:
            return self._round + 1
        return self._round if observation in self._reading else observation.settled_round

    async def _run(self) -> None:
        for observation in self._reading:  # by a round that was broken off
            self._ask(observation)
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._pause = ROUND_SECONDS if await self._read_due() else longer(self._pause)
            await asyncio.sleep(self._pause)

    async def _read_due(self) -> bool:
        """Read what is due and return True; return False where the database was away.

        Then what watches already have stands until it is back; a query without a value ends with the error.
        """
        self._reading = self._taken()
        self._round += 1
        wanted = [(one.query, one.version.value if one.version else None) for one in self._reading]
        revision, results = await self._results(wanted)
        away = False
        for observation, result in zip(self._reading, results, strict=True):
            if isinstance(result, UnavailableError) and observation.version is not None and observation.subscribers:
                self._ask(observation)
                away = True
            else:
                self._settle(observation, revision, result)
        self._reading = {}
        return not away

    async def _results(self, wanted: Sequence[Wanted]) -> tuple[int, Sequence[Fetched]]:
        """Read queries at one revision; each has its value, or an error: its own, where that can be told."""
        try:
            try:
                return await self._database.read(partial(_fetch_all, wanted=wanted))
            except UnavailableError:
                raise
            except MillstreamServiceError:
                return await self._database.read(partial(_fetch_apart, wanted=wanted))
        except MillstreamServiceError as error:
            return 0, [error] * len(wanted)

    def _settle(self, observation: Observation, revision: int, result: Fetched) -> None:
        """Hand a result to those who watch. Where that fails, it is the end of them alone."""
        if isinstance(result, MillstreamServiceError):
            observation.fail(self._round, result)
            return
        try:
            observation.settle(self._round, revision, result)
        except Exception:
            _log.exception("the value of %s can't be told", observation.query.key[0])
            observation.fail(self._round, QueryFailedError("the query failed"))

    def _taken(self) -> dict[Observation, None]:
        """Take what is due: all that was touched, and those in front of the line of what was never read."""
        due, self._due = self._due, {}
        waiting = [one for one in due if one.version is None]
        for one in waiting[FIRST_READS:]:
            del due[one]
            self._ask(one)
        return due

    def _first_messages(
        self, observation: Observation, version: Version, place: Place | None, delivery: Delivery
    ) -> list[bytes]:
        """Return what a client needs that comes with a token, or without one."""
        if place is None:
            return self._messages(observation, version, 0)
        value = version.value
        known = place.length <= len(value) and value.digest(place.length) == place.digest
        if known and place.length == len(value):
            token = self._token(observation.query, version)
            return [self._encode_mark(Mark(version.revision, token, unchanged=True))]
        return self._messages(observation, version, place.length if known and delivery.append else 0)

    def _messages(self, observation: Observation, version: Version, start: int) -> list[bytes]:
        """Return the messages that bring a client with the first `start` elements of a list here.

        They are made once for all who watch; a single one needs them once.
        """
        messages = version.messages.get(start) if version.messages else None
        if messages is None:
            parts = version.value.parts(start)
            messages = [
                self._framed(
                    observation.query, version, part, append=start > 0 or index > 0, last=index == len(parts) - 1
                )
                for index, part in enumerate(parts)
            ]
            if observation.subscribers > 1:
                version.messages = {**(version.messages or {}), start: messages}
        return messages

    def _framed(self, query: Query, version: Version, part: bytes, *, append: bool, last: bool) -> bytes:
        token = self._token(query, version) if last else b""
        return self._encode_mark(Mark(version.revision, token, append=append)) + part

    def _token(self, query: Query, version: Version) -> bytes:
        length = len(version.value)
        return self._mint.resume_token(query.request, Place(version.revision, length, version.value.digest(length)))


def _as_of(version: Version, observation: Observation, place: Place | None) -> Version:
    """Return the version for a client with a token: no older than that, though the value be."""
    if place is None or place.revision <= version.revision:
        return version
    return Version(version.value, observation.read_revision, version.lineage)


def _fetch_all(connection: Connection, wanted: Sequence[Wanted]) -> tuple[int, list[Fetched]]:
    """Read queries in one transaction; return its revision, and for each the value or why there is none."""
    revision = queries.revision(connection)
    return revision, [_fetch(connection, query, previous) for query, previous in wanted]


def _fetch_apart(connection: Connection, wanted: Sequence[Wanted]) -> tuple[int, list[Fetched]]:
    """Read queries as `_fetch_all` does, each in a savepoint: a statement that fails is the fault of one."""
    revision = queries.revision(connection)
    return revision, [_fetch_alone(connection, query, previous) for query, previous in wanted]


def _fetch_alone(connection: Connection, query: Query, previous: Value | None) -> Fetched:
    engine = engines.of(connection)
    try:
        with connection.begin_nested():
            return _fetch(connection, query, previous)
    except DBAPIError as error:
        if engine.lost(error) or engine.collided(error):
            raise
        return engine.translated(error)


def _fetch(connection: Connection, query: Query, previous: Value | None) -> Fetched:
    try:
        return query.fetch(connection, previous)
    except DBAPIError:
        raise
    except MillstreamServiceError as error:
        return error
    except Exception:
        _log.exception("the query %s failed", query.key[0])
        return QueryFailedError("the query failed")
