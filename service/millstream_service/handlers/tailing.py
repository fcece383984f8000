"""TailBuildLogs: every line, in order, once.

The cycle: read a page from the store; send it while the next one is read; when all is sent, wait for a commit that
concerns the build. The signal is cleared before each read, so what is committed meanwhile is not missed. The first page
is small and each is larger than the last: a client that does not read holds little, one that does soon gets much at
once, and at the most two pages are in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest
from millstream_service.convert.fields import identifier
from millstream_service.convert.line_filter import line_filter
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers import lines
from millstream_service.handlers.parts import Parts
from millstream_service.handlers.writes import ENDED
from millstream_service.reactive import regions
from millstream_service.reactive.following import Following
from millstream_service.reactive.signal import listening
from millstream_service.store.resources import BUILD_LOGS, BUILDS

_FIRST_PAGES = (64 << 10, 256 << 10, 1 << 20)
_PAGE_BYTES = 2 << 20


async def tailed(parts: Parts, request: TailBuildLogsRequest) -> AsyncIterator[bytes]:
    """Yield the messages of a tail, serialized. Raises ValidationFailedError and NotFoundError."""
    build_id = identifier("build_id", request.build_id)
    if request.after_seq < 0:
        raise ValidationFailedError("after_seq", f"is {request.after_seq}, must be 0 or more")
    category = request.category if request.HasField("category") else None
    wanted = line_filter(request.min_level, category, debug=request.include_debug)
    after_seq = request.after_seq
    sizes = chain(_FIRST_PAGES, repeat(_PAGE_BYTES))
    following = Following()

    async def read(seq: int) -> lines.Page:
        page = partial(lines.tail_page, build_id=build_id, after_seq=seq, wanted=wanted, most_bytes=next(sizes))
        return await following.read(partial(parts.database.read_page, page))

    region = (regions.row(BUILD_LOGS, build_id), regions.row(BUILDS.table.name, build_id))
    with listening(parts.regions, region) as signal:
        while True:
            signal.clear()
            page = await read(after_seq)
            while page.more:
                with _ahead(read(page.last_seq)) as ahead:
                    for message in page.messages:
                        yield message
                    page = await ahead
            for message in page.messages:
                yield message
            after_seq = page.last_seq
            if not request.follow or page.status in ENDED:
                return
            await signal.wait()


@contextmanager
def _ahead(work: Coroutine[None, None, lines.Page]) -> Iterator["asyncio.Task[lines.Page]"]:
    """Read the next page while this one is being sent; leave no read behind."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
