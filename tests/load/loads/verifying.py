"""Watchers, tails, feeds and searches that check what they get while builds are recorded: see recording."""

import asyncio
import random
from contextlib import aclosing
from typing import Any

from millstream import AsyncClient, Build, BuildStatus
from millstream.errors import BuildNotFoundError
from tests.load.loads.recording import MARKS, text_of
from tests.load.loads.wire import Start, clock, end

_SEARCH_SECONDS = 1.0
_PATIENCE = 120.0
_MAX_COMPLAINTS = 20


async def verify(
    start: Start, *, address: str, scheme: str, watched: str, watchers: int = 50, feeds: int = 3
) -> dict[str, Any]:
    """Watch until the build `watched` has ended, and all that was recorded before has arrived.

    Each watcher, and each feed, is a client of its own. Returns what was wrong, and what there was.
    """
    clients = [AsyncClient(address) for _ in range(watchers + feeds)]
    verifier = _Verifier(clients[0], scheme)
    tasks = [asyncio.create_task(verifier.follow(client)) for client in clients[:feeds]]
    tasks += [asyncio.create_task(one) for one in (verifier.watch_ids(), verifier.search())]
    watching = [asyncio.create_task(verifier.watch(client, watched)) for client in clients[feeds:]]
    await start()
    lasts = await asyncio.gather(*watching)
    await verifier.finish(watched, feeds)
    await end(tasks)
    for client in clients:
        await client.close()
    return verifier.found(lasts)


class _Verifier:
    """Checks. `lines`: how many each build had whose log came to its end."""

    def __init__(self, client: AsyncClient, scheme: str) -> None:
        self._client = client
        self._scheme = scheme
        self._tails: dict[str, asyncio.Task[None]] = {}
        self._revisions: dict[AsyncClient, int] = {}
        self._wrong: list[str] = []
        self._late: list[float] = []
        self._searches = 0
        self._lines: dict[str, int] = {}

    def _report(self, what: str) -> None:
        if len(self._wrong) < _MAX_COMPLAINTS:
            self._wrong.append(what)

    async def watch(self, client: AsyncClient, build_id: str) -> int:
        """Watch a build whose number only grows, until it has ended; return the last number."""
        last = 0
        async with aclosing(client.builds.watch_build(build_id)) as builds:
            async for build in builds:
                assert build is not None, "nobody deletes it"
                if build.build_number < last:
                    self._report(f"the value went back from {last} to {build.build_number}")
                if build.build_number > last and build.processor:
                    self._late.append(clock() - float(build.processor))
                last = build.build_number
                if build.status == BuildStatus.BUILD_STATUS_COMPLETED:
                    break
        return last

    async def follow(self, client: AsyncClient) -> None:
        """Follow the change feed from its beginning."""
        self._revisions[client] = 0
        async with aclosing(client.changes.stream_changes()) as commits:
            async for commit in commits:
                if commit.revision != self._revisions[client] + 1:
                    self._report(f"revision {commit.revision} came after {self._revisions[client]}")
                self._revisions[client] = commit.revision

    async def watch_ids(self) -> None:
        """Tail every build that comes."""
        async with aclosing(self._client.builds.watch_build_ids([self._scheme])) as lists:
            async for ids in lists:
                for build_id in ids:
                    if build_id not in self._tails:
                        self._tails[build_id] = asyncio.create_task(self._tail(build_id))

    async def _tail(self, build_id: str) -> None:
        seq = 0
        async with aclosing(self._client.builds.tail_build_log_batches(build_id, follow=True)) as batches:
            async for lines in batches:
                for line in lines:
                    if line.seq != seq + 1 or line.content != text_of(line.seq):
                        self._report(f"line {line.seq} of {build_id} came after {seq}: {line.content!r}")
                    seq = line.seq
        self._lines[build_id] = seq

    async def search(self) -> None:
        """Search logs that have ended, again and again, and count the hits."""
        while True:
            await asyncio.sleep(_SEARCH_SECONDS)
            build_id, lines = random.choice([*self._lines.items()][-5:] or [("", 0)])
            if build_id:
                await self._search(build_id, lines, mark=random.randrange(1, MARKS))

    async def _search(self, build_id: str, lines: int, mark: int) -> None:
        try:
            found = [hit async for hit in self._client.builds.search_build_logs(f"<mark {mark}>", build_id=build_id)]
        except BuildNotFoundError:
            return  # the oldest are deleted
        expected = len(range(mark, lines + 1, MARKS))
        self._searches += 1
        if len(found) != expected:
            self._report(f"a search of {build_id} found {len(found)} lines, not {expected}")

    async def finish(self, watched: str, feeds: int) -> None:
        """Wait until every tail has come to its end, and every feed to a commit made just now."""
        done = await self._client.builds.update_build(Build(id=watched, commit_hash="verified"), ["commit_hash"])
        async with asyncio.timeout(_PATIENCE):
            async for build in self._client.builds.list_builds(scheme_ids=[self._scheme]):
                while build.id not in self._tails:  # noqa: ASYNC110 - the watch brings it
                    await asyncio.sleep(0.05)
            await asyncio.gather(*self._tails.values())
            while len(self._revisions) < feeds or min(self._revisions.values()) < done.revision:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)

    def found(self, lasts: list[int]) -> dict[str, Any]:
        """Return what was wrong, and what there was."""
        return {
            "wrong": self._wrong,
            "lasts": lasts,
            "lines": self._lines,
            "revisions": sum(self._revisions.values()),
            "searches": self._searches,
            "times": [round(late, 6) for late in self._late],
        }
