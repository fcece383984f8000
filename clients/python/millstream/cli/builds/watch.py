"""`millstream builds --watch`: a table that stays up to date, or a line for each change."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime

from millstream import AsyncClient
from millstream.builds.v1.build_pb2 import Build
from millstream.cli.builds.board import BuildBoard
from millstream.cli.builds.filter import BuildFilter
from millstream.cli.builds.origin import NOWHERE, Origins, find_origin_async
from millstream.cli.builds.row import HEADINGS, BuildRow, build_row, plain_line
from millstream.cli.builds.table import build_table
from millstream.cli.shared.json_output import json_line
from millstream.cli.shared.live_table import LEAST_INTERVAL, TICK, LiveTable, live_table
from millstream.cli.shared.short_id import ShortIds
from millstream.cli.shared.style import ENDED
from millstream.cli.shared.tally import format_count
from millstream.cli.shared.terminal import is_terminal, put_line


def watch_builds(address: str, wanted: BuildFilter, known: ShortIds, *, json: bool) -> None:
    """Show the builds until the user has seen enough."""
    if json or not is_terminal():
        asyncio.run(_print_changes(address, wanted, known, json=json))
    else:
        asyncio.run(_draw(address, wanted, known))


class BuildsWatch:
    """Follows the builds of one project, or of each that there is.

    Cycle: a stream of each project's newest builds -> the board -> `updated` is set, once each project was heard of ->
    the reader of the board takes a look. All fields belong to the event loop.
    """

    def __init__(self, client: AsyncClient, wanted: BuildFilter) -> None:
        self._client = client
        self._wanted = wanted
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._silent: set[str] = set()
        self.board = BuildBoard(wanted)
        self.origins: Origins = {}
        self.updated = asyncio.Event()

    async def run(self) -> None:
        """Follow without end; raises what ends any of the streams."""
        async with asyncio.TaskGroup() as group:
            async for project_ids in self._project_ids():
                for gone in self._followers.keys() - set(project_ids):
                    self._followers.pop(gone).cancel()
                    self._silent.discard(gone)
                    self.board.drop(gone)
                for new in set(project_ids) - self._followers.keys():
                    self._silent.add(new)
                    self._followers[new] = group.create_task(self._follow(new))
                self._announce()

    async def _project_ids(self) -> AsyncIterator[list[str]]:
        if self._wanted.project_id:
            yield [self._wanted.project_id]
            return
        async with aclosing(self._client.builds.watch_all_project_ids()) as values:
            async for value in values:
                yield value

    async def _follow(self, project_id: str) -> None:
        watch = self._client.builds.watch_latest_builds(
            project_id, self._wanted.watched, labels=self._wanted.labels, min_interval=LEAST_INTERVAL
        )
        async with aclosing(watch) as values:
            async for builds in values:
                await self._find_origins(builds)
                self.board.replace(project_id, builds)
                self._silent.discard(project_id)
                self._announce()

    def _announce(self) -> None:
        if not self._silent:
            self.updated.set()

    async def _find_origins(self, builds: list[Build]) -> None:
        for scheme_id in {build.scheme_id for build in builds} - self.origins.keys():
            self.origins[scheme_id] = await find_origin_async(self._client, scheme_id)


async def _show(address: str, wanted: BuildFilter, show: Callable[[BuildsWatch], None], tick: float | None) -> None:
    """Call `show` after each change, and after so many seconds without one."""
    async with AsyncClient(address) as client:
        watch = BuildsWatch(client, wanted)
        async with asyncio.TaskGroup() as group:
            group.create_task(watch.run())
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(tick):
                        await watch.updated.wait()
                watch.updated.clear()
                show(watch)


async def _print_changes(address: str, wanted: BuildFilter, known: ShortIds, *, json: bool) -> None:
    if not json:
        put_line(plain_line(HEADINGS))

    def show(watch: BuildsWatch) -> None:
        for build in watch.board.take_changed():
            put_line(json_line(build) if json else plain_line(_rows(watch, [build], known)[0]))
        sys.stdout.flush()

    await _show(address, wanted, show, None)


async def _draw(address: str, wanted: BuildFilter, known: ShortIds) -> None:
    with live_table() as screen:
        await _show(address, wanted, lambda watch: _put(watch, known, screen), TICK)


def _put(watch: BuildsWatch, known: ShortIds, screen: LiveTable) -> None:
    builds = watch.board.builds()
    shown = builds[: screen.max_rows]
    under_way = sum(build.status not in ENDED for build in builds)
    table = build_table(shown, _rows(watch, shown, known), screen.width)
    screen.show(table, f"{format_count(len(builds), 'build')}, {under_way} under way")


def _rows(watch: BuildsWatch, builds: list[Build], known: ShortIds) -> list[BuildRow]:
    short = known.including(build.id for build in watch.board.builds())
    now = datetime.now(UTC)
    return [build_row(build, watch.origins.get(build.scheme_id, NOWHERE), short.of(build.id), now) for build in builds]
