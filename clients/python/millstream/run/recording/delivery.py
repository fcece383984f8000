"""Sending one build to one service, from its spool.

All of it may be done again from the beginning: what is there already is found, and a line that was sent before is
known by its writer and number. So whatever breaks off, this run or the next simply starts over.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp

from millstream import AsyncClient, AsyncLogWriter, Build, BuildStatus, Scheme
from millstream.builds.v1.build_pb2 import (
    BUILD_STATUS_CANCELLED,
    BUILD_STATUS_COMPLETED,
    BUILD_STATUS_FAILED,
    BUILD_STATUS_QUEUED,
    BUILD_STATUS_RUNNING,
)
from millstream.errors import AlreadyExistsError, BuildNotFoundError
from millstream.run.facts.facts import Facts, find
from millstream.run.recording.patience import Progress
from millstream.run.recording.progress import ProgressReporter
from millstream.run.recording.transcript import Transcript
from millstream.run.recording.wake import Wake, follow
from millstream.run.spool.journal import Ending, JournalReader, Kind, Record
from millstream.run.spool.spool import Spool

if TYPE_CHECKING:
    from millstream.output import Line

ENDS: Final = frozenset({BUILD_STATUS_COMPLETED, BUILD_STATUS_FAILED, BUILD_STATUS_CANCELLED})
MAX_BUILD_NUMBER: Final = 10**18
# A build's number is one more than the greatest among so many of the project's newest builds.
_NUMBERED_BUILDS = 1000
# After so many bytes of output others have their turn.
_TURN = 256 * 1024


class Delivery:
    """Sends a spool. `wake` is None for one that an earlier run left. All fields belong to the event loop.

    `created` is set once the service has the build. `turn` is waited for now and then, so that others get on, too.
    `facts` may be on their way already. `note` is what its user should know of how it was recorded.
    """

    def __init__(
        self,
        spool: Spool,
        client: AsyncClient,
        wake: Wake | None = None,
        created: asyncio.Event | None = None,
        turn: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0),
        facts: "asyncio.Future[Facts] | None" = None,
    ) -> None:
        self._client = client
        self._wake = wake
        self._request = spool.request
        self._facts_path = spool.facts
        self._found = facts
        self._journal = spool.journal
        self._writer: AsyncLogWriter | None = None
        self._steps = 0
        self._progress = 0.0
        self._last_us = self._request.created_us
        self._created = created or asyncio.Event()
        self._turn = turn
        self._read = 0  # bytes of output
        self._read_in_turn = 0
        self.note = ""

    @property
    def progress(self) -> Progress:
        """What the service has acknowledged, and what was read: a line may take long to become one."""
        return self._steps + (self._writer.durable_entry if self._writer else 0), self._read

    async def run(self) -> int:
        """Send all of it, and return how many lines it has. Raises MillstreamError: start over, or leave it."""
        facts = await self._facts()
        build = await self._create(facts)
        self._steps += 1
        self._created.set()
        ending, lines = await self._send_journal(build)
        await self._finish(build, ending)
        return lines

    async def _facts(self) -> Facts:
        if self._found is not None:
            return await asyncio.shield(self._found)
        return await asyncio.to_thread(find, self._request, self._facts_path)

    async def _create(self, facts: Facts) -> Build:
        with contextlib.suppress(BuildNotFoundError):
            return await self._client.builds.get_build(facts.build.id)
        build = facts.build
        build.scheme_id = await self._scheme_id(facts)
        build.build_number = build.build_number or await self._next_number()
        with contextlib.suppress(AlreadyExistsError):
            return (await self._client.builds.create_build(build)).build
        return await self._client.builds.get_build(build.id)

    async def _scheme_id(self, facts: Facts) -> str:
        found = await self._find_scheme(facts.scheme)
        if found:
            return found
        # Another run may be creating the same ones: it gives the scheme the same id.
        with contextlib.suppress(AlreadyExistsError):
            await self._client.builds.create_project(facts.project, [facts.scheme])
        with contextlib.suppress(AlreadyExistsError):
            await self._client.builds.create_scheme(facts.scheme)
        return facts.scheme.id

    async def _find_scheme(self, wanted: Scheme) -> str:
        async for scheme in self._client.builds.list_schemes(wanted.project_bundle_identifier):
            if scheme.name == wanted.name:
                return scheme.id
        return ""

    async def _next_number(self) -> int:
        numbers = [0]
        builds = self._client.builds.list_builds(project_id=self._request.project_id, page_size=_NUMBERED_BUILDS)
        async with contextlib.aclosing(builds):
            async for build in builds:
                numbers.append(build.build_number)
                if len(numbers) > _NUMBERED_BUILDS:
                    break
        if max(numbers) < MAX_BUILD_NUMBER:
            return max(numbers) + 1
        self.note = f"the project has a build with the greatest possible number, {max(numbers)}: this one gets none"
        return 0

    async def _send_journal(self, build: Build) -> tuple[Ending | None, int]:
        self._writer = writer = self._client.builds.log_writer(build.id, self._request.writer_id)
        try:
            ending = await self._write_journal(build, writer)
            await writer.flush()
        finally:
            await writer.abort()  # Else what is not acknowledged would be sent on, beside the writer that starts over.
        return ending, writer.last_entry

    async def _write_journal(self, build: Build, writer: AsyncLogWriter) -> Ending | None:
        transcript = Transcript()
        with JournalReader(self._journal) as reader:
            async with ProgressReporter(self._client, build.id) as reporter:
                async with contextlib.aclosing(follow(reader, self._wake)) as records:
                    ending = await self._send_records(build, records, transcript, reporter)
                await _write(writer, transcript.close(broken_off=ending is None), self._last_us)
        return ending

    async def _send_records(
        self,
        build: Build,
        records: AsyncGenerator[Record, None],
        transcript: Transcript,
        reporter: ProgressReporter,
    ) -> Ending | None:
        async for record in records:
            self._last_us = record.time_us
            if record.kind is Kind.ENDED:
                return record.ending
            if record.kind is Kind.STARTED:
                await self._start(build)
            await self._send_lines(record, transcript)
            self._progress = max(self._progress, transcript.progress)
            reporter.report(self._progress)
            await self._give_way(len(record.payload))
        return None

    async def _give_way(self, size: int) -> None:
        self._read += size
        self._read_in_turn += size
        if self._read_in_turn >= _TURN:
            self._read_in_turn = 0
            await self._turn()

    async def _send_lines(self, record: Record, transcript: Transcript) -> None:
        if self._writer is not None:
            await _write(self._writer, transcript.lines(record), record.time_us)

    async def _start(self, build: Build) -> None:
        if build.status == BUILD_STATUS_QUEUED:
            started = Build(id=build.id, status=BUILD_STATUS_RUNNING, start_date=_timestamp(self._last_us))
            await self._client.builds.update_build(started, ["status", "start_date"])
            self._steps += 1

    async def _finish(self, build: Build, ending: Ending | None) -> None:
        now = await self._client.builds.get_build(build.id)
        last = Build(id=build.id, status=_status(now.status, ending), end_date=_timestamp(self._end_us(now)))
        last.progress = 1.0 if last.status == BUILD_STATUS_COMPLETED else max(self._progress, now.progress)
        mask = ["status", "end_date", "progress"]
        if ending is not None:
            last.exit_code = ending.code
            mask.append("exit_code")
        await self._client.builds.update_build(last, mask)
        self._steps += 1

    def _end_us(self, build: Build) -> int:
        # Never before its beginning, even where the clock was set back meanwhile.
        return max(self._last_us, build.start_date.ToMicroseconds())


def _status(now: BuildStatus, ending: Ending | None) -> BuildStatus:
    """Return how it ends: cancelled where anyone said so, or where nobody knows what became of it."""
    if now == BUILD_STATUS_CANCELLED or ending is None or ending.stopped:
        return BUILD_STATUS_CANCELLED
    return BUILD_STATUS_FAILED if ending.code else BUILD_STATUS_COMPLETED


async def _write(writer: AsyncLogWriter, lines: "Iterable[Line]", time_us: int) -> None:
    created_at = _timestamp(time_us)
    for line in lines:
        await writer.write(line.content, line.level, line.category, created_at)


def _timestamp(time_us: int) -> Timestamp:
    return Timestamp(seconds=time_us // 1_000_000, nanos=time_us % 1_000_000 * 1000)
