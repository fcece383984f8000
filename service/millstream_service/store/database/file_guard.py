"""Looks whether the database file is still the one that was opened, also while nobody writes.

The writer looks before and after each commit; this says it to all who ask for our health, and keeps readers from it.
"""

import asyncio

from millstream_service import background
from millstream_service.background import Supervisor
from millstream_service.store.database.database import Database

LOOK_SECONDS = 0.25


class FileGuard:
    """Looks now and then, for a few microseconds."""

    def __init__(self, database: Database, supervisor: Supervisor) -> None:
        self._file = database.file
        self._supervisor = supervisor
        self._task: background.Task | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = self._supervisor.start(self._run, "file")

    async def close(self) -> None:
        """Stop looking."""
        await background.stop(self._task)

    async def _run(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        self._supervisor.report("the store", self._file.look())
