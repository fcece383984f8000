"""The recorder's end of the line to the pass-through: see `link`."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator

from millstream.run.spool.journal import JournalReader, Kind, Record
from millstream.run.spool.link import END, Message


class Wake:
    """Tells when there is more in the journal.

    `ended`: nothing more will come, for the command has ended, or the pass-through has. `idle`: all that came was
    sent, what earlier runs left may be. The event loop reads the descriptor and owns all fields.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._news = asyncio.Event()
        self.ended = asyncio.Event()
        self.idle = asyncio.Event()
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self._take)

    async def wait(self) -> None:
        """Wait until there is more, or will be none."""
        self.idle.set()
        await self._news.wait()
        self._news.clear()
        self.idle.clear()

    def _take(self) -> None:
        data = os.read(self._descriptor, 65536)
        if not data:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        if not data or END in data:
            self.ended.set()
        self._news.set()


class Pipe:
    """Says things to the pass-through, which may be gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)

    def say(self, message: Message) -> None:
        """Say one thing; lost where nobody listens."""
        try:
            os.write(self._descriptor, json.dumps(message).encode() + b"\n")
        except OSError:
            return


async def follow(reader: JournalReader, wake: Wake | None) -> AsyncGenerator[Record, None]:
    """Yield the records of a journal up to its end; without `wake` those that are there."""
    while True:
        is_last_look = wake is None or wake.ended.is_set()
        for record in reader.read():
            yield record
            if record.kind is Kind.ENDED:
                return
        if is_last_look or wake is None:
            return
        await wake.wait()
