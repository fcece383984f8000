"""Brings every commit to those whom it concerns: our own at once, those of other processes from the change log.

The cycle: the writer calls `publish` for each of our commits. Where revisions are missing in between, another process
has written: `_catch_up` reads them from the change log. `_watch` waits for what the engine knows of others' commits,
and starts that, too. Where a row of the change log, or a listener, is at fault, all
listeners read again. All fields belong to the event loop.
"""

import asyncio
import logging
from functools import partial

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import ResourceExhaustedError, RevisionCompactedError, UnavailableError
from millstream_service.reactive.regions import Regions
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.history import change_log, queries
from millstream_service.store.history.changes import Commit

_log = logging.getLogger(__name__)
AGAIN_SECONDS = 0.2
"""Before the change log is read once more, where it could not be."""
_READ_AT_ONCE = 500


class Commits:
    """Knows up to which revision commits were published."""

    def __init__(self, database: Database, regions: Regions, supervisor: Supervisor) -> None:
        self._database = database
        self._regions = regions
        self._supervisor = supervisor
        self._watched = database.engine.watch(database.url)
        self._behind = asyncio.Event()
        self._tasks: list[background.Task] = []

    @property
    def revision(self) -> int:
        """The revision up to which commits were published."""
        return self._regions.complete

    @revision.setter
    def revision(self, revision: int) -> None:
        self._regions.complete = revision

    async def start(self) -> None:
        """Begin at the newest revision."""
        self.revision = await self._database.read(queries.revision, Lane.WATCHED)
        self._tasks = [
            self._supervisor.start(self._watch, "watch"),
            self._supervisor.start(self._catch_up, "catch-up"),
        ]

    async def close(self) -> None:
        """Stop watching."""
        await background.stop(*self._tasks)
        await self._watched.close()

    def publish(self, commit: Commit) -> None:
        """Tell about a commit of ours."""
        self._tell(commit)
        if commit.revision == self.revision + 1:
            self.revision = commit.revision
        elif commit.revision > self.revision:
            self._behind.set()
        self._regions.newest = max(self._regions.newest, commit.revision)

    def _tell(self, commit: Commit) -> None:
        try:
            self._regions.publish(commit)
        except Exception:
            _log.exception("commit %d could not be published: all watched queries are read again", commit.revision)
            self._regions.publish_all()

    async def _watch(self) -> None:
        self._behind.set()  # what came while nobody watched was missed
        while True:
            newest = await self._watched.wait()
            if newest is None or newest > self.revision:
                self._behind.set()

    async def _catch_up(self) -> None:
        while True:
            await self._behind.wait()
            self._behind.clear()
            try:
                await self._read_on_or_skip()
            except (UnavailableError, ResourceExhaustedError):
                await asyncio.sleep(AGAIN_SECONDS)
                self._behind.set()
            except Exception:
                self._behind.set()  # the follower goes on from here
                raise

    async def _read_on_or_skip(self) -> None:
        """Publish what the change log has; where it has not got it, or it can't be read, all has changed."""
        try:
            await self._read_on()
        except (UnavailableError, ResourceExhaustedError):
            raise
        except Exception as error:
            if not isinstance(error, RevisionCompactedError):
                _log.error("the change log can't be read from %d on", self.revision + 1, exc_info=error)
            self.revision = await self._database.read(queries.revision, Lane.WATCHED)
            self._regions.publish_all()

    async def _read_on(self) -> None:
        """Publish what the change log has behind our revision.

        A store that was taken back to an earlier state, by a backup or a standby that did not have all, is new to all.
        """
        while (known := self.revision) != (newest := await self._database.read(queries.revision, Lane.WATCHED)):
            if newest < known:
                self.revision = self._regions.newest = newest
                self._regions.publish_all()
                return
            query = partial(change_log.after, revision=known, limit=_READ_AT_ONCE)
            page = await self._database.read(query, Lane.WATCHED)
            for commit in page.commits:
                if commit.revision > self.revision:
                    self._tell(commit)
                    self.revision = commit.revision
