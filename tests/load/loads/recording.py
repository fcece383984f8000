"""Builds recorded for a long time, as build machines do it, with the client that applications use."""

import asyncio
from collections import deque
from typing import Any

from millstream import AsyncClient, Build
from tests.load.loads.wire import Start, clock

FINISHED = "BUILD_STATUS_COMPLETED"
MARKS = 1_000
"""A line has one of so many marks, by its number: a search knows how many hits there have to be."""
_KEPT = 10
_STEP_SECONDS = 0.1


def text_of(number: int) -> str:
    """Return the line of this number."""
    return f"{number} CompileC Build/File{number % 997}.o File{number % 997}.c <mark {number % MARKS}> -O2 -g -Wall"


async def record(
    start: Start,
    *,
    address: str,
    scheme: str,
    watched: str,
    seconds: float,
    writers: int = 4,
    lines: int = 20_000,
    lines_a_second: int = 1_000,
    updates_a_second: int = 20,
) -> dict[str, Any]:
    """Update the build `watched`; and record builds of a scheme, one after the other for each writer.

    Each build gets so many lines and is ended; the oldest are deleted. After `seconds` the builds under way are ended
    as they are, then `watched`. Returns how often that was updated, how many lines each build got, which were deleted,
    and the last revision.
    """
    async with AsyncClient(address) as client:
        recorders = [_Recorder(client, scheme, lines, lines_a_second) for _ in range(writers)]
        await client.builds.get_build(watched)
        await start()
        end = clock() + seconds
        async with asyncio.TaskGroup() as tasks:
            for recorder in recorders:
                tasks.create_task(recorder.run(end))
            updating = tasks.create_task(_update(client, watched, end, 1 / updates_a_second))
        done = await client.builds.update_build(Build(id=watched, status=FINISHED), ["status"])
    return {
        "updates": updating.result(),
        "lines": {build: count for recorder in recorders for build, count in recorder.lines.items()},
        "deleted": [build for recorder in recorders for build in recorder.deleted],
        "revision": done.revision,
    }


async def _update(client: AsyncClient, build_id: str, end: float, pause: float) -> int:
    """Give a build a greater number each time; beside it the time, so that a watcher knows how late it is."""
    number = 0
    while clock() < end:
        number += 1
        build = Build(id=build_id, build_number=number, processor=str(clock()))
        await client.builds.update_build(build, ["build_number", "processor"])
        await asyncio.sleep(pause)
    return number


class _Recorder:
    """Records one build after the other. `lines`: how many each of them has got."""

    def __init__(self, client: AsyncClient, scheme: str, lines: int, lines_a_second: int) -> None:
        self._client = client
        self._scheme = scheme
        self._most = lines
        self._step = max(1, round(lines_a_second * _STEP_SECONDS))
        self._kept: deque[str] = deque()
        self.lines: dict[str, int] = {}
        self.deleted: list[str] = []

    async def run(self, end: float) -> None:
        """Record until the end."""
        while clock() < end:
            made = await self._client.builds.create_build(Build(scheme_id=self._scheme, version_string="1.0"))
            await self._write(made.build.id, end)
            await self._client.builds.update_build(Build(id=made.build.id, status=FINISHED), ["status"])
            await self._keep(made.build.id)

    async def _write(self, build_id: str, end: float) -> None:
        number = 0
        async with self._client.builds.log_writer(build_id) as log:
            while number < self._most and clock() < end:
                for _ in range(self._step):
                    number += 1
                    await log.write(text_of(number))
                await asyncio.sleep(_STEP_SECONDS)
        self.lines[build_id] = number

    async def _keep(self, build_id: str) -> None:
        self._kept.append(build_id)
        if len(self._kept) > _KEPT:
            oldest = self._kept.popleft()
            await self._client.builds.delete_build(oldest)
            self.deleted.append(oldest)
