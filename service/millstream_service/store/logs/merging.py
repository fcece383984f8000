"""Merges the small chunks of logs into full, packed ones: as they gather, and when their build ends.

The cycle: `added` and `ended` note what a log has gained; `_run` takes one build after the other, reads its small
chunks and packs them in a reading thread, and hands the writer a short command that puts the full ones in their
place, unless the log was changed meanwhile. No append and no reader ever waits for a merge, and a crash at any point
leaves either the old chunks or the new. Chunks that can't be read stay as they are, and so do their neighbours; their
log is merged on behind them, and they are not tried again before the next start. All fields belong to the event loop.
"""

import asyncio
import logging
from collections import defaultdict
from functools import partial

from sqlalchemy import Connection

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.errors import MillstreamServiceError, UnavailableError
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.logs import logs, unmerged
from millstream_service.store.logs.logs import FULL_CHUNK_BYTES, Chunk, Merge
from millstream_service.store.writing import space
from millstream_service.store.writing.writer import Writer

_log = logging.getLogger(__name__)
MERGE_AFTER_BYTES = 2 * FULL_CHUNK_BYTES
MERGE_AFTER_CHUNKS = 1_000
AGAIN_SECONDS = 1.0
"""Before the next try, while the database is away."""


def _next_merge(
    connection: Connection, build_id: str, after: int, to_the_end: bool, merge: Merge
) -> tuple[list[Chunk], list[Chunk]] | None:
    """Return neighbours to be replaced and the one chunk in their place, or None where nothing is to be done.

    Where they can't be merged there is none in their place. A run that would not make a full chunk is left to grow,
    unless the merge goes `to_the_end`.
    """
    for run in unmerged.runs_to_merge(connection, build_id, after):
        full = sum(chunk.size for chunk in run) >= FULL_CHUNK_BYTES
        worth = len(run) > 1 or not run[0].merged
        if full or (to_the_end and worth):
            return run, _merge(build_id, run, merge)
    return None


def _merge(build_id: str, run: list[Chunk], merge: Merge) -> list[Chunk]:
    try:
        return [merge(build_id, run)]
    except Exception as error:  # whatever damaged data leads to
        first, last = run[0].first_seq, run[-1].last_seq
        _log.error("lines %d to %d of build %s can't be merged", first, last, build_id, exc_info=error)
        return []


class Merger:
    """Merges in the background. `close` waits for the merge under way."""

    def __init__(self, database: Database, writer: Writer, merge: Merge, supervisor: Supervisor) -> None:
        self._database = database
        self._writer = writer
        self._merge = merge
        self._supervisor = supervisor
        self._bytes: defaultdict[str, int] = defaultdict(int)
        self._chunks: defaultdict[str, int] = defaultdict(int)
        self._due: dict[str, bool] = {}
        self._damaged: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._task: background.Task | None = None

    async def start(self) -> None:
        """Begin with what an earlier service left unmerged. Where that can't be read, all else goes on."""
        try:
            for build_id in await self._database.read(unmerged.builds_to_merge, Lane.UPKEEP):
                self._due[build_id] = True
        except MillstreamServiceError as error:
            _log.warning("unmerged logs stay unmerged: %s", error)
        self._task = self._supervisor.start(self._run, "merger")

    async def close(self) -> None:
        """Stop."""
        await background.stop(self._task)

    def added(self, build_id: str, size: int) -> None:
        """Note that a log has gained a chunk of `size` bytes."""
        self._bytes[build_id] += size
        self._chunks[build_id] += 1
        if self._bytes[build_id] >= MERGE_AFTER_BYTES or self._chunks[build_id] >= MERGE_AFTER_CHUNKS:
            self._plan(build_id, to_the_end=self._bytes[build_id] < MERGE_AFTER_BYTES)

    def ended(self, build_id: str) -> None:
        """Note that a build has ended: its log is merged to the end."""
        self._plan(build_id, to_the_end=True)

    def _plan(self, build_id: str, *, to_the_end: bool) -> None:
        self._bytes.pop(build_id, None)
        self._chunks.pop(build_id, None)
        self._due[build_id] = to_the_end or self._due.get(build_id, False)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            while self._due:
                build_id = next(iter(self._due))
                await self._try_to_merge(build_id, to_the_end=self._due.pop(build_id))
            await space.release(self._database, self._writer)
            await self._wake.wait()

    async def _try_to_merge(self, build_id: str, *, to_the_end: bool) -> None:
        """Merge a log, later where the database is away. What else it fails with concerns this log alone."""
        try:
            await self.merge(build_id, to_the_end=to_the_end)
        except UnavailableError:
            self._due[build_id] = to_the_end or self._due.get(build_id, False)
            await asyncio.sleep(AGAIN_SECONDS)
        except MillstreamServiceError as error:
            _log.warning("the log of build %s was not merged: %s", build_id, error)
        except Exception:
            _log.exception("the log of build %s was not merged", build_id)

    async def merge(self, build_id: str, *, to_the_end: bool) -> None:
        """Merge the small chunks of one build. One pair of old and new is in memory at a time."""
        after = self._damaged.get(build_id, 0)
        while True:
            query = partial(_next_merge, build_id=build_id, after=after, to_the_end=to_the_end, merge=self._merge)
            pair = await self._database.read(query, Lane.UPKEEP)
            if pair is None:
                return
            old, new = pair
            after = old[-1].last_seq
            if new:
                await self._writer.submit(partial(logs.put_in_place, build_id=build_id, old=old, new=new))
            else:
                self._damaged[build_id] = after
