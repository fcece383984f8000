"""A build's progress on its way to the service: never backwards, at most four times a second."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from millstream import AsyncClient, Build
from millstream.errors import MillstreamError

_INTERVAL = 0.25
_TIMEOUT = 10.0


class ProgressReporter:
    """Sends the newest progress while it is entered; what fails is left to the next one.

    Cycle: `report` raises `_wanted` -> the task sends it, then rests. Owned by the event loop.
    """

    def __init__(self, client: AsyncClient, build_id: str) -> None:
        self._client = client
        self._build_id = build_id
        self._wanted = 0.0
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def report(self, progress: float) -> None:
        """Take note of how far the build is, 0 to 1."""
        if progress > self._wanted:
            self._wanted = progress
            self._changed.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="progress")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            with contextlib.suppress(MillstreamError):
                build = Build(id=self._build_id, progress=self._wanted)
                await self._client.builds.update_build(build, ["progress"], timeout=_TIMEOUT)
            await asyncio.sleep(_INTERVAL)
