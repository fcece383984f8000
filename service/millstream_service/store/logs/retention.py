"""Gives up logs that were kept for long enough, in the background.

The cycle: a round looks which logs are to go and has the writer take them away, one small command after the other: the
writes of others come in between, and no reader waits. Then it sleeps until the next log will be too old, or until a
commit has come about, which may have ended a build; but five minutes at the least. So an idle service runs none. What a
kill interrupts, the first round after the next start goes on with. All fields belong to the event loop.
"""

import asyncio
import logging
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import MillstreamServiceError, UnavailableError
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.logs.expiry import Due, Keep, due, expire_some
from millstream_service.store.writing import pacing, space
from millstream_service.store.writing.writer import Writer

_log = logging.getLogger(__name__)
ROUND_SECONDS = 300.0
"""As often as Kafka looks (`log.retention.check.interval.ms`): a round reads a row for each log that is kept."""
LONGEST_SLEEP_SECONDS = 24 * 3600.0
"""The clock of the day may be set meanwhile, and that of the event loop does not notice."""


class Retention:
    """Gives logs up. `ended`: the statuses of builds that have ended. `notify` is for `Regions`: a commit has come."""

    def __init__(
        self, database: Database, writer: Writer, keep: Keep, ended: Collection[int], supervisor: Supervisor
    ) -> None:
        self._database = database
        self._writer = writer
        self._keep = keep
        self._ended = ended
        self._supervisor = supervisor
        self._touched = asyncio.Event()
        self._task: background.Task | None = None

    def start(self) -> None:
        """Begin, where logs are ever to be given up."""
        if self._keep:
            self._task = self._supervisor.start(self._run, "retention")

    async def close(self) -> None:
        """Stop. A command under way is finished by the writer."""
        await background.stop(self._task)

    def notify(self) -> None:
        """Take note of a commit."""
        self._touched.set()

    async def _run(self) -> None:
        while True:
            self._touched.clear()
            try:
                next_at = await self._round()
            except MillstreamServiceError as error:
                _log.warning("old logs are not deleted for now: %s", error)
                next_at = 0
            await asyncio.sleep(ROUND_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(_seconds_until(next_at)):
                    await self._touched.wait()

    async def _round(self) -> int | None:
        """Give up all logs that are to go. Return when the next one will be, if that is known.

        One that can't be given up stays until the next round.
        """
        tried: set[str] = set()
        found = await self._due()
        while new := [build_id for build_id in found.build_ids if build_id not in tried]:
            for build_id in new:
                await self._try_to_expire(build_id)
            tried.update(new)
            found = await self._due()
        if tried:
            await space.release(self._database, self._writer)
        return 0 if found.build_ids else found.next_at

    async def _try_to_expire(self, build_id: str) -> None:
        try:
            await self._expire(build_id)
        except UnavailableError:
            raise
        except Exception:
            _log.exception("the log of build %s was not deleted", build_id)

    async def _due(self) -> Due:
        query = partial(due, keep=self._keep, ended=self._ended, now=time.time_ns())
        return await self._database.read(query, Lane.UPKEEP)

    async def _expire(self, build_id: str) -> None:
        command = partial(expire_some, build_id=build_id, ended=self._ended, now=time.time_ns())
        await pacing.repeat(self._writer, command)


def _seconds_until(moment: int | None) -> float | None:
    """Return how long to sleep until a time in nanoseconds; without one, until a commit comes."""
    return None if moment is None else min((moment - time.time_ns()) / 1e9, LONGEST_SLEEP_SECONDS)
