"""Clients that write and watch all at once, and remember what they were told."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import aclosing

from millstream import AsyncClient, Build, BuildStatus
from millstream.log_writer import AsyncLogWriter

from .records import SCHEME, number_of, numbered
from .waiting import until

LINE_SIZE = 1_500
MOST_AHEAD = 500
"""A writer gets no further ahead of what is durable: else what there is to check would grow without end."""
WRITERS = ("first", "second")
"""Two writers share each log."""


class Load:
    """The cycle: `run` writes and watches until `stop`, then finishes what it began; then `assert_whole`.

    What the service acknowledged: `created` (ids of builds), `progress` (of the first build, in steps of a
    thousandth), and `durable` of each log writer. What the streams brought: `lines` by build, `revisions`,
    `progress_seen`, `ids_seen` (the newest list).
    """

    def __init__(self, client: AsyncClient, build_ids: list[str]) -> None:
        self._client = client
        self._stopping = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self.build_ids = build_ids
        self.created: list[str] = []
        self.progress = 0
        self.writers: dict[tuple[str, str], AsyncLogWriter] = {}
        self.lines: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self.revisions: list[int] = []
        self.progress_seen: list[int] = []
        self.ids_seen: list[str] = []

    @property
    def acknowledged(self) -> int:
        """How much was acknowledged, to see that it goes on."""
        return len(self.created) + self.progress + sum(writer.durable_entry for writer in self.writers.values())

    def pause(self) -> None:
        """Write nothing new for now."""
        self._going.clear()

    def resume(self) -> None:
        """Go on writing."""
        self._going.set()

    def stop(self) -> None:
        """Write no more."""
        self._stopping.set()

    async def run(self) -> None:
        """Write until stopped; then end the builds, wait until the tails have, and for the watches to show the last."""
        async with asyncio.TaskGroup() as watching:
            progress = watching.create_task(self._watch_progress())
            endless = [watching.create_task(self._watch_ids()), watching.create_task(self._follow_changes())]
            for build_id in self.build_ids:
                watching.create_task(self._tail(build_id))
            async with asyncio.TaskGroup() as writing:
                writing.create_task(self._create())
                writing.create_task(self._update())
                for build_id in self.build_ids:
                    for name in WRITERS:
                        writing.create_task(self._log(build_id, name))
            for build_id in self.build_ids:
                done = await self._client.update_build(Build(id=build_id, status="BUILD_STATUS_COMPLETED"), ["status"])
            await progress
            await until(lambda: self.revisions[-1] >= done.revision, "the last revision")
            await until(lambda: set(self.ids_seen) >= {*self.created, *self.build_ids}, "the last build")
            for task in endless:
                task.cancel()

    async def _goes_on(self) -> bool:
        await self._going.wait()
        return not self._stopping.is_set()

    async def _create(self) -> None:
        while await self._goes_on():
            made = await self._client.create_build(Build(scheme_id=SCHEME, version_string="1.0"))
            self.created.append(made.build.id)

    async def _update(self) -> None:
        while await self._goes_on():
            build = Build(id=self.build_ids[0], progress=(self.progress + 1) / 1_000_000)
            await self._client.update_build(build, ["progress"])
            self.progress += 1

    async def _log(self, build_id: str, name: str) -> None:
        async with self._client.log_writer(build_id) as writer:
            self.writers[build_id, name] = writer
            number = 0
            while await self._goes_on():
                number += 1
                await writer.write(numbered(number, LINE_SIZE, name))
                if number % MOST_AHEAD == 0:
                    await writer.flush()

    async def _tail(self, build_id: str) -> None:
        async for line in self._client.tail_build_logs(build_id, follow=True):
            self.lines[build_id].append((line.seq, line.content))

    async def _watch_progress(self) -> None:
        async with aclosing(self._client.watch_build(self.build_ids[0])) as builds:
            async for build in builds:
                assert build is not None
                self.progress_seen.append(round(build.progress * 1_000_000))
                if build.status == BuildStatus.BUILD_STATUS_COMPLETED:
                    return

    async def _watch_ids(self) -> None:
        async with aclosing(self._client.watch_build_ids([SCHEME])) as lists:
            async for ids in lists:
                self.ids_seen = ids

    async def _follow_changes(self) -> None:
        async with aclosing(self._client.stream_changes()) as commits:
            async for commit in commits:
                self.revisions.append(commit.revision)

    def written(self, build_id: str) -> Iterator[tuple[str, int]]:
        """Yield each writer of a log, and how many of its lines are durable."""
        for name in WRITERS:
            writer = self.writers.get((build_id, name))
            yield name, writer.durable_entry if writer else 0

    def assert_whole(self) -> None:
        """Check that the streams brought all, in order, once."""
        for build_id in self.build_ids:
            seen = self.lines[build_id]
            assert [seq for seq, _ in seen] == list(range(1, len(seen) + 1))
            for name, count in self.written(build_id):
                assert_writer_whole([content for _, content in seen], name, count)
        assert self.revisions == list(range(1, len(self.revisions) + 1))
        assert self.progress_seen == sorted(self.progress_seen)
        assert self.progress_seen[-1] == self.progress
        assert sorted(self.ids_seen) == sorted([*self.created, *self.build_ids])


def assert_writer_whole(contents: list[str], name: str, count: int) -> None:
    """Check that the lines of one writer are there, all that are durable at least, in order, once, as written."""
    mine = [content for content in contents if content.split(" ", 2)[1] == name]
    assert [number_of(content) for content in mine] == list(range(1, len(mine) + 1))
    assert len(mine) >= count
    for number in {1, len(mine) // 2, len(mine)} & set(range(1, len(mine) + 1)):
        assert mine[number - 1] == numbered(number, LINE_SIZE, name)
