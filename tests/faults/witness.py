"""A client that watches all that is written, and remembers what it was shown."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing

from millstream import AsyncClient, BuildStatus
from tests.deadline import until
from tests.faults.records import SCHEME

STEPS = 1_000_000
"""Progress is counted in steps so small."""


class Witness:
    """The cycle: `watch` begins with everything; `saw` waits for the end of the builds, and for what came last.

    What the streams brought: `lines` by build, `revisions`, `progress` (of the first build), `ids` (the newest list).
    """

    def __init__(self, client: AsyncClient, build_ids: Sequence[str]) -> None:
        self._client = client
        self._build_ids = build_ids
        self._ending: list[asyncio.Task[None]] = []
        self._endless: list[asyncio.Task[None]] = []
        self.lines: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self.revisions: list[int] = []
        self.progress: list[int] = []
        self.ids: list[str] = []

    def watch(self, tasks: asyncio.TaskGroup) -> None:
        """Watch in tasks of a group."""
        endless = (self._watch_ids(), self._follow_changes())
        ending = (self._watch_progress(), *(self._tail(build_id) for build_id in self._build_ids))
        self._endless = [tasks.create_task(one) for one in endless]
        self._ending = [tasks.create_task(one) for one in ending]

    def counts(self) -> dict[str, int]:
        """Return how much each stream has brought."""
        counts = {f"tail of {build_id}": len(self.lines[build_id]) for build_id in self._build_ids}
        return counts | {"feed": len(self.revisions), "value": len(self.progress), "list": len(self.ids)}

    async def saw(self, revision: int, ids: set[str]) -> None:
        """Wait until the tails have ended and the last of everything is there."""
        await asyncio.gather(*self._ending)
        await until(lambda: self.revisions[-1:] >= [revision], "the last revision")
        await until(lambda: set(self.ids) >= ids, "the last build")
        for task in self._endless:
            task.cancel()

    async def _tail(self, build_id: str) -> None:
        async for line in self._client.builds.tail_build_logs(build_id, follow=True):
            self.lines[build_id].append((line.seq, line.content))

    async def _watch_progress(self) -> None:
        async with aclosing(self._client.builds.watch_build(self._build_ids[0])) as builds:
            async for build in builds:
                assert build is not None
                self.progress.append(round(build.progress * STEPS))
                if build.status == BuildStatus.BUILD_STATUS_COMPLETED:
                    return

    async def _watch_ids(self) -> None:
        async with aclosing(self._client.builds.watch_build_ids([SCHEME])) as lists:
            async for ids in lists:
                self.ids = ids

    async def _follow_changes(self) -> None:
        async with aclosing(self._client.changes.stream_changes()) as commits:
            async for commit in commits:
                self.revisions.append(commit.revision)

    def assert_saw(self, ids: Sequence[str], progress: int) -> None:
        """Check that it was shown all of this, in order, once."""
        for seen in self.lines.values():
            assert [seq for seq, _ in seen] == list(range(1, len(seen) + 1))
        assert self.revisions == list(range(1, len(self.revisions) + 1))
        assert self.progress == sorted(self.progress)
        assert self.progress[-1] == progress
        assert sorted(self.ids) == sorted(ids)
