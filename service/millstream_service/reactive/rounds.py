"""Rounds: all that is due is read in one transaction, in one lane of the database, and handed to those who watch.

The cycle: `add` notes an observation as due and wakes `_run`, which reads what is due at one revision and settles each.
What becomes due during a read is in the next round: nothing falls between. Rounds follow each other at least
`ROUND_SECONDS` apart, so a burst of commits is conflated; after a quiet time the first one is read at once. While the
database is away, rounds are tried again at growing pauses. A round in which a statement fails is read once more, each
query by itself: the one at fault ends those who watch it with an error, the others go on. All fields belong to the
event loop.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from itertools import islice

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import MillstreamServiceError, QueryFailedError, UnavailableError
from millstream_service.reactive.following import longer
from millstream_service.reactive.observation import Found, Observation, Query
from millstream_service.reactive.values import Value
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.engines import engines
from millstream_service.store.history import queries

_log = logging.getLogger(__name__)
ROUND_SECONDS = 0.01
Wanted = tuple[Query, Value | None]
Fetched = Found | MillstreamServiceError


class Rounds:
    """Reads observations, at most so many in a round (None: all). What was read once is read again by `later`."""

    def __init__(self, database: Database, lane: Lane, most: int | None = None, later: "Rounds | None" = None) -> None:
        self._database = database
        self._lane = lane
        self._most = most
        self._later = later
        self._due: dict[Observation, None] = {}
        self._reading: dict[Observation, int] = {}
        self._pause = ROUND_SECONDS
        self._wake = asyncio.Event()
        self._task: background.Task | None = None

    def start(self, supervisor: Supervisor) -> None:
        """Begin to read what is due."""
        self._task = supervisor.start(self._run, f"reads-{self._lane.value}")

    async def close(self) -> None:
        """Stop reading."""
        await background.stop(self._task)

    def add(self, observation: Observation) -> None:
        """Have an observation be read in the next round, or in one soon."""
        self._due[observation] = None
        self._wake.set()

    def remove(self, observation: Observation) -> None:
        """Nobody watches it any more."""
        self._due.pop(observation, None)

    async def _run(self) -> None:
        for observation in self._reading:  # by a round that was broken off
            self.add(observation)
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._pause = ROUND_SECONDS if await self._read_due() else longer(self._pause)
            if self._due:
                self._wake.set()  # what had no room in this round
            await asyncio.sleep(self._pause)

    async def _read_due(self) -> bool:
        """Read what is due and return True; return False where the database was away.

        Then what watches already have stands until it is back; a query without a value ends with the error.
        """
        self._reading = self._taken()
        wanted = [(one.query, one.version.value if one.version else None) for one in self._reading]
        revision, results = await self._results(wanted)
        away = False
        for (observation, asked), result in zip(self._reading.items(), results, strict=True):
            if isinstance(result, UnavailableError) and observation.version is not None and observation.subscribers:
                self.add(observation)
                away = True
            else:
                self._settle(observation, asked, revision, result)
        self._reading = {}
        return not away

    def _taken(self) -> dict[Observation, int]:
        """Take what is due, each with how often it had been asked for by now."""
        taken = {one: one.asked for one in islice(self._due, self._most)}
        for one in taken:
            del self._due[one]
        return taken

    async def _results(self, wanted: Sequence[Wanted]) -> tuple[int, Sequence[Fetched]]:
        """Read queries at one revision; each has its value, or an error: its own, where that can be told."""
        try:
            try:
                return await self._database.read(partial(_fetch_all, wanted=wanted), self._lane)
            except UnavailableError:
                raise
            except MillstreamServiceError:
                return await self._database.read(partial(_fetch_apart, wanted=wanted), self._lane)
        except MillstreamServiceError as error:
            return 0, [error] * len(wanted)

    def _settle(self, observation: Observation, asked: int, revision: int, result: Fetched) -> None:
        """Hand a result to those who watch. Where that fails, it is the end of them alone."""
        try:
            if isinstance(result, MillstreamServiceError):
                observation.fail(asked, result)
            else:
                observation.settle(asked, revision, result)
        except Exception:
            _log.exception("the value of %s can't be told", observation.query.key[0])
            observation.fail(asked, QueryFailedError("the query failed"))
        if self._later and observation in self._due:
            self.remove(observation)
            self._later.add(observation)


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
        if engine.lost(error) or engine.collided(error) or engine.unreadable(error):
            raise
        return engine.translated(error)


def _fetch(connection: Connection, query: Query, previous: Value | None) -> Fetched:
    try:
        return Found.of(query.fetch(connection, previous), previous)
    except DBAPIError:
        raise
    except MillstreamServiceError as error:
        return error
    except Exception:
        _log.exception("the query %s failed", query.key[0])
        return QueryFailedError("the query failed")
