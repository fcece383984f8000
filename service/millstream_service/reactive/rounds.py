"""Rounds: all that is due is read in one transaction, in one lane of the database, and handed to those who watch.

The cycle: `add` notes an observation as due and wakes `_run`, which reads what is due at one revision and settles each.
What becomes due during a read is in the next round: nothing falls between. Rounds follow each other at least
`ROUND_SECONDS` apart, so a burst of commits is conflated; after a quiet time the first one is read at once. While the
database is away, rounds are tried again at growing pauses. A round in which a statement fails is read once more, each
query by itself: the one at fault ends those who watch it with an error, the others go on. A list of which it is known
what has changed is read again in these rows alone (`Delta`): from memory up to the published commits, from the
change log for those that were not, so that all values are of one revision. All fields belong to the event loop.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import (
    MillstreamServiceError,
    QueryFailedError,
    RevisionCompactedError,
    StoreCorruptError,
    UnavailableError,
    ValidationFailedError,
)
from millstream_service.reactive.following import longer
from millstream_service.reactive.observation import Found, Observation, Query
from millstream_service.reactive.recent import keys_of
from millstream_service.reactive.regions import Regions
from millstream_service.reactive.values import Value
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.engines import engines
from millstream_service.store.history import change_log, queries
from millstream_service.store.history.changes import Change

_log = logging.getLogger(__name__)
ROUND_SECONDS = 0.01
MAX_UNPUBLISHED_COMMITS = 100
"""How many unpublished commits are looked through for what they changed; after more, lists are read."""
MAX_CHANGED_ROWS = 200
"""So many rows of a list are read by their keys; where more have changed, all of it is read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, its value as it was, and the rows that were changed since by all published commits.

    None: nobody knows which.
    """

    query: Query
    previous: Value | None
    changed: frozenset[str] | None


Fetched = Found | MillstreamServiceError


class Rounds:
    """Reads observations, at most so many in a round (None: all). What was read once is read again by `later`."""

    def __init__(
        self,
        database: Database,
        regions: Regions,
        lane: Lane,
        most: int | None = None,
        later: "Rounds | None" = None,
    ) -> None:
        self._database = database
        self._regions = regions
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
        self._reading = self._take_due()
        era, published = self._regions.recent.era, self._regions.complete
        wanted = [self._want(one) for one in self._reading]
        revision, results = await self._results(wanted, published)
        away = False
        for (observation, asked), result in zip(self._reading.items(), results, strict=True):
            if isinstance(result, UnavailableError) and observation.version is not None and observation.subscribers:
                self.add(observation)
                away = True
            else:
                self._settle(observation, asked, (revision, era), result)
        self._reading = {}
        return not away

    def _want(self, observation: Observation) -> Wanted:
        query, version, regions = observation.query, observation.version, self._regions
        changed = None
        if query.delta is not None:
            published = max(regions.complete, regions.newest)
            changed = regions.recent.since(query.delta.table, observation.read_revision, published)
        if observation.era != regions.recent.era:
            changed = None
        return Wanted(query, version.value if version else None, changed)

    def _take_due(self) -> dict[Observation, int]:
        """Take what is due, each with how often it had been asked for by now."""
        taken = {one: one.asked for one in islice(self._due, self._most)}
        for one in taken:
            del self._due[one]
        return taken

    async def _results(self, wanted: Sequence[Wanted], published: int) -> tuple[int, Sequence[Fetched]]:
        """Read queries at one revision; each has its value, or an error: its own, where that is known."""
        try:
            try:
                return await self._database.read(partial(_fetch_all, wanted=wanted, published=published), self._lane)
            except UnavailableError:
                raise
            except MillstreamServiceError:
                return await self._database.read(partial(_fetch_apart, wanted=wanted, published=published), self._lane)
        except MillstreamServiceError as error:
            return 0, [error] * len(wanted)

    def _settle(self, observation: Observation, asked: int, read_at: tuple[int, int], result: Fetched) -> None:
        """Hand a result to those who watch. Where that fails, it is the end of them alone."""
        try:
            if isinstance(result, MillstreamServiceError):
                observation.fail(asked, result)
            else:
                observation.settle(asked, *read_at, result)
        except Exception:
            _log.exception("the value of %s can't be published", observation.query.key[0])
            observation.fail(asked, QueryFailedError("the query failed"))
        if self._later and observation in self._due:
            self.remove(observation)
            self._later.add(observation)


class _Snapshot:
    """One transaction, at its revision, and what commits changed that it sees and that were not published yet."""

    def __init__(self, connection: Connection, published: int) -> None:
        self.connection = connection
        self.revision = queries.revision(connection)
        self._published = published
        self._unpublished = cache(self._read_unpublished)

    def _read_unpublished(self) -> Sequence[Change] | None:
        """Return the changes, or None where they are too many, or not to be had."""
        if self.revision <= self._published:
            return () if self.revision == self._published else None
        try:
            page = change_log.after(self.connection, self._published, MAX_UNPUBLISHED_COMMITS)
        except (RevisionCompactedError, StoreCorruptError, ValidationFailedError):
            return None
        if page.more:
            return None
        return [change for commit in page.commits for change in commit.changes]

    def changed(self, wanted: Wanted, table: str) -> frozenset[str] | None:
        """Return the keys of all rows that have changed since the value was read; None where nobody knows them."""
        if wanted.changed is None or (rest := self._unpublished()) is None or (late := keys_of(table, rest)) is None:
            return None
        changed = wanted.changed | late
        return changed if len(changed) <= MAX_CHANGED_ROWS else None

    def value(self, wanted: Wanted) -> Value:
        """Read a query."""
        query, previous = wanted.query, wanted.previous
        if query.delta is not None and previous is not None:
            changed = self.changed(wanted, query.delta.table)
            if changed is not None:
                return query.delta.read(self.connection, previous, changed)
        return query.fetch(self.connection, previous)


def _fetch_all(connection: Connection, wanted: Sequence[Wanted], published: int) -> tuple[int, list[Fetched]]:
    """Read queries in one transaction; return its revision, and for each the value or why there is none."""
    snapshot = _Snapshot(connection, published)
    return snapshot.revision, [_fetch(snapshot, one) for one in wanted]


def _fetch_apart(connection: Connection, wanted: Sequence[Wanted], published: int) -> tuple[int, list[Fetched]]:
    """Read queries as `_fetch_all` does, each in a savepoint: a statement that fails is the fault of one."""
    snapshot = _Snapshot(connection, published)
    return snapshot.revision, [_fetch_alone(snapshot, replace(one, changed=None)) for one in wanted]


def _fetch_alone(snapshot: _Snapshot, wanted: Wanted) -> Fetched:
    engine = engines.of(snapshot.connection)
    try:
        with snapshot.connection.begin_nested():
            return _fetch(snapshot, wanted)
    except DBAPIError as error:
        if engine.lost(error) or engine.is_collision(error) or engine.unreadable(error):
            raise
        return engine.translate(error)


def _fetch(snapshot: _Snapshot, wanted: Wanted) -> Fetched:
    try:
        return Found.of(snapshot.value(wanted), wanted.previous)
    except DBAPIError:
        raise
    except MillstreamServiceError as error:
        return error
    except Exception:
        _log.exception("the query %s failed", wanted.query.key[0])
        return QueryFailedError("the query failed")
