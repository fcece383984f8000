"""TailBuildLogs: every line, in order, once.

The cycle: read a page from the store; send it while the next one is read; when all is sent, wait for a commit that
concerns the build. The signal is cleared before each read, so what is committed meanwhile is not missed. A page lies in
a slot of the budget (see `page_budget`), which may be lost while the client takes nothing: then it is read again.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest
from millstream_service.convert.builds.fields import ENDED
from millstream_service.convert.fields import identifier
from millstream_service.convert.logs.line_filter import LineFilter, line_filter
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers.logs import lines
from millstream_service.handlers.shared.dependencies import Dependencies
from millstream_service.handlers.shared.page_budget import Slot
from millstream_service.reactive import regions
from millstream_service.reactive.following import Following
from millstream_service.reactive.signal import listening
from millstream_service.store.builds.tables import BUILD_LOGS, BUILDS
from millstream_service.store.database.lanes import Lane

_FIRST_BYTES, _PAGE = 64 << 10, 4 << 20
_UNREAD_BYTES = 4_400_000
"""So much goes out to a client that reads nothing: 4 MiB are on their way (gRPC's window), and some more."""
_SMALL_MESSAGE = 32 << 10
"""Until a client has shown that it reads: for one that does not, this is what stays in memory, twice."""


async def tail_lines(dependencies: Dependencies, request: TailBuildLogsRequest) -> AsyncIterator[bytes]:
    """Yield the messages of a tail, serialized. Raises ValidationFailedError and NotFoundError."""
    build_id = identifier("build_id", request.build_id)
    if request.after_seq < 0:
        raise ValidationFailedError("after_seq", f"is {request.after_seq}, must be 0 or more")
    category = request.category if request.HasField("category") else None
    wanted = line_filter(request.min_level, category, debug=request.include_debug)
    tail = _Tail(dependencies, build_id, wanted, request.after_seq)
    region = (regions.row(BUILD_LOGS, build_id), regions.row(BUILDS.table.name, build_id))
    with listening(dependencies.regions, region) as signal:
        while True:
            signal.clear()
            async with aclosing(tail.messages()) as messages:
                async for message in messages:
                    yield message
            if not request.follow or tail.status in ENDED:
                return
            await signal.wait()


class _Tail:
    """How far a tail has come: all up to `_seq` was handed out; `_read_bytes` were read since it last stood still."""

    def __init__(self, dependencies: Dependencies, build_id: str, wanted: LineFilter, after_seq: int) -> None:
        self._dependencies = dependencies
        self._query = partial(lines.tail_page, build_id=build_id, wanted=wanted)
        self._following = Following()
        self._seq = after_seq
        self._read_bytes = 0
        self._more = True
        self.status = 0

    async def messages(self) -> AsyncGenerator[bytes, None]:
        """Yield all that there is now, from a slot of the budget; where none is free, first a little without one."""
        self._more = True
        if self._dependencies.page_budget.full:
            first = await self._a_little()
            for message, self._seq in first:
                yield message
                self._read_bytes += len(message)
        while self._more:
            async with self._dependencies.page_budget.slot() as slot, aclosing(self._pages(slot)) as messages:
                async for message in messages:
                    yield message

    async def _a_little(self) -> list[tuple[bytes, int]]:
        """Return the first messages of a page, each with its last line: the rest of it is not kept."""
        page = await self._read(self._seq, _FIRST_BYTES)
        first = _first(page.messages, _FIRST_BYTES)
        self._more = page.more or (bool(first) and first[-1][1] < page.last_seq)
        return first

    async def _pages(self, slot: Slot) -> AsyncGenerator[bytes, None]:
        """Yield what there is, until it is sent, or the slot is lost, or others wait for it."""
        page = await self._read(self._seq, _PAGE if self._read_bytes else _FIRST_BYTES)
        while True:
            self._more = page.more
            ahead = None
            if (
                page.more and self._read_bytes and not self._dependencies.page_budget.crowded
            ):  # who has read nothing may want little
                ahead = asyncio.create_task(self._read(page.last_seq, _PAGE, unsent=page.max_bytes))
            slot.fill(page.messages, ahead)
            del page  # the slot alone holds it
            for message, self._seq in slot.sending():
                yield message
                self._read_bytes += len(message)
            if slot.lost:
                self._more, self._read_bytes = True, 0
            if slot.lost or ahead is None:
                return
            page = await ahead

    async def _read(self, seq: int, max_bytes: int, unsent: int = 0) -> lines.Page:
        """Read a page, with `unsent` bytes before it: in small messages where the client may not read at all."""
        unread = _UNREAD_BYTES - self._read_bytes - unsent
        if unread > 0:
            page = partial(self._query, after_seq=seq, max_bytes=min(max_bytes, unread), message_bytes=_SMALL_MESSAGE)
        else:
            page = partial(self._query, after_seq=seq, max_bytes=max_bytes)
        found = await self._following.read(partial(self._dependencies.database.read, page, Lane.PAGES))
        self.status = found.status
        return found


def _first(messages: Iterator[tuple[bytes, int]], least_bytes: int) -> list[tuple[bytes, int]]:
    """Return the first messages, of so many bytes together."""
    taken, size = [], 0
    while size < least_bytes and (message := next(messages, None)) is not None:
        taken.append(message)
        size += len(message[0])
    return taken
