"""Takes away in the background what deletions have left, and keeps room for that (see `reserve`).

The cycle: `begin` tells of a deletion of this service; `_run` takes each in steps (`purge`), with pauses in which
others write. A look at its start, and a while after others have committed, finds what a service that was killed has
left: a deletion whose steps do not go on is taken over. Several services on one store may do that at the same time:
steps are commands, one after the other, so it harms nothing. All fields belong to the event loop.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import MillstreamServiceError, UnavailableError
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.entities import deletions, purge
from millstream_service.store.entities.deletions import Deletion
from millstream_service.store.writing import pacing, space
from millstream_service.store.writing.writer import Writer

_Key = tuple[str, str]
_log = logging.getLogger(__name__)
LOOK_SECONDS = 10.0
"""Between two looks for what other services have left: one whose deletion does not go on is gone, or stuck."""


class Purger:
    """Takes away what is dead. `notify` is for `Regions`: a commit has come."""

    def __init__(self, database: Database, writer: Writer, supervisor: Supervisor) -> None:
        self._database = database
        self._writer = writer
        self._supervisor = supervisor
        self._mine: set[_Key] = set()
        self._seen: dict[_Key, tuple[Deletion, float]] = {}
        """What there was at the last look, and since when it has been just so."""
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: background.Task | None = None

    def start(self) -> None:
        """Begin with what was left by those before."""
        self._wake.set()
        self._task = self._supervisor.start(self._run, "purger")

    async def close(self) -> None:
        """Stop. A step under way is finished by the writer; the next service goes on with the rest."""
        if self._timer is not None:
            self._timer.cancel()
        await background.stop(self._task)

    def begin(self, table: str, key: str) -> None:
        """Take away what a deletion of ours has left."""
        self._mine.add((table, key))
        self._wake.set()

    def notify(self) -> None:
        """Take note of a commit: it may be another service's, which may leave something."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._timer = None
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.to_thread(self._database.reserve.top_up)
            try:
                await self._round()
            except MillstreamServiceError as error:
                _log.warning("deleted rows are not removed for now: %s", error)
                self.notify()

    async def _round(self) -> None:
        """Take all that is ours, or nobody else's any more."""
        any_taken = False
        while due := self._due(await self._database.read(deletions.oldest, Lane.UPKEEP)):
            for key in due:
                self._mine.discard(key)
                self._seen.pop(key)  # should it fail, it is nobody's for a while
                await self._take(*key)
            any_taken = True
        if any_taken or self._database.reserve.is_short:
            await space.release(self._database, self._writer)
            if self._database.reserve.is_short:
                self.notify()  # a reader may have kept its room: look again

    def _due(self, found: Sequence[Deletion]) -> list[_Key]:
        """Return what to take of what there is; for the rest, look again later."""
        now = asyncio.get_running_loop().time()
        before, self._seen = self._seen, {}
        for deletion in found:
            key = (deletion.table_name, deletion.key)
            known, since = before.get(key, (None, now))
            self._seen[key] = (deletion, since if known == deletion else now)
        due = [key for key, (_, since) in self._seen.items() if key in self._mine or now - since >= LOOK_SECONDS]
        if len(due) < len(found):
            self.notify()
        return due

    async def _take(self, table: str, key: str) -> None:
        try:
            await pacing.repeat(self._writer, partial(purge.go_on, table=table, key=key))
        except UnavailableError:
            raise
        except Exception:
            _log.exception("rows deleted with %s %s were not removed", table, key)
