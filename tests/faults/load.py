"""Clients that write and watch all at once, and remember the answers."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle

from millstream import AsyncClient, Build
from millstream.log_writing.writer import AsyncLogWriter
from tests.faults.records import SCHEME, number_of, numbered
from tests.faults.witness import STEPS, Witness

LINE_SIZE = 1_500
MAX_AHEAD = 500
"""A writer gets no further ahead of what is durable: else what there is to check would grow without end."""
WRITERS = ("first", "second")
"""Two writers share each log."""


class Load:
    """The cycle: `run` writes and watches until `stop`, then finishes what it began; then `assert_whole`.

    There may be clients of several services: each is a witness of everything, they write in turn, and the writers of
    one log are theirs in turn.

    What was acknowledged: `created` (ids of builds), `progress` (of the first build, in steps), and `durable` of each
    log writer.
    """

    def __init__(self, clients: Sequence[AsyncClient], build_ids: list[str], line_size: int = LINE_SIZE) -> None:
        self._clients = clients
        self._line_size = line_size
        self._stopping = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self.build_ids = build_ids
        self.created: list[str] = []
        self._created_by = [0] * len(clients)
        self.progress = 0
        self.writers: dict[tuple[str, str], AsyncLogWriter] = {}
        self.witnesses = [Witness(client, build_ids) for client in clients]

    @property
    def acknowledged(self) -> int:
        """How much was acknowledged, to see that it goes on."""
        return len(self.created) + self.progress + sum(writer.durable_entry for writer in self.writers.values())

    def counts(self) -> dict[str, int]:
        """Return how far each who writes and each stream has come: each of these goes on by itself, or does not."""
        counts = {"updates": self.progress}
        for number, witness in enumerate(self.witnesses):
            counts |= {f"{what} at {number}": count for what, count in witness.counts().items()}
            counts[f"creations at {number}"] = self._created_by[number]
        for (build_id, name), writer in self.writers.items():
            counts[f"log {build_id} by {name}"] = writer.durable_entry
        return counts

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
            for witness in self.witnesses:
                witness.watch(watching)
            await self._write()
            for build_id in self.build_ids:
                build = Build(id=build_id, status="BUILD_STATUS_COMPLETED")
                done = await self._clients[0].builds.update_build(build, ["status"])
            for witness in self.witnesses:
                await witness.saw(done.revision, {*self.created, *self.build_ids})

    async def _write(self) -> None:
        writers = cycle(self._clients)
        async with asyncio.TaskGroup() as writing:
            writing.create_task(self._update())
            for number in range(len(self._clients)):
                writing.create_task(self._create(number))
            for build_id in self.build_ids:
                for name in WRITERS:
                    writing.create_task(self._log(next(writers), build_id, name))

    async def _goes_on(self) -> bool:
        await self._going.wait()
        return not self._stopping.is_set()

    async def _create(self, number: int) -> None:
        while await self._goes_on():
            made = await self._clients[number].builds.create_build(Build(scheme_id=SCHEME, version_string="1.0"))
            self.created.append(made.build.id)
            self._created_by[number] += 1

    async def _update(self) -> None:
        for client in cycle(self._clients):
            if not await self._goes_on():
                return
            build = Build(id=self.build_ids[0], progress=(self.progress + 1) / STEPS)
            await client.builds.update_build(build, ["progress"])
            self.progress += 1

    async def _log(self, client: AsyncClient, build_id: str, name: str) -> None:
        async with client.builds.log_writer(build_id) as writer:
            self.writers[build_id, name] = writer
            number = 0
            while await self._goes_on():
                number += 1
                await writer.write(numbered(number, self._line_size, name))
                if number % MAX_AHEAD == 0:
                    await writer.flush()

    def written(self, build_id: str) -> Iterator[tuple[str, int]]:
        """Yield each writer of a log, and how many of its lines are durable."""
        for name in WRITERS:
            writer = self.writers.get((build_id, name))
            yield name, writer.durable_entry if writer else 0

    def assert_whole(self) -> None:
        """Check that the streams of every client brought all, in order, once."""
        for witness in self.witnesses:
            witness.assert_saw([*self.created, *self.build_ids], self.progress)
            assert witness.revisions == self.witnesses[0].revisions
            for build_id in self.build_ids:
                for name, count in self.written(build_id):
                    contents = [content for _, content in witness.lines[build_id]]
                    assert_writer_whole(contents, name, count, self._line_size)


def assert_writer_whole(contents: list[str], name: str, count: int, size: int = LINE_SIZE) -> None:
    """Check that the lines of one writer are there, all that are durable at least, in order, once, as written."""
    mine = [content for content in contents if content.split(" ", 2)[1] == name]
    assert [number_of(content) for content in mine] == list(range(1, len(mine) + 1))
    assert len(mine) >= count
    for number in {1, len(mine) // 2, len(mine)} & set(range(1, len(mine) + 1)):
        assert mine[number - 1] == numbered(number, size, name)
