"""SearchBuildLogs: scan a log's chunks, several parts of it side by side, and send hits as they are found, in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from millstream.builds.v1.backend_service_pb2 import SearchBuildLogsRequest, SearchBuildLogsResponse
from millstream_service.convert.fields import characters, identifier
from millstream_service.convert.logs.line_filter import LineFilter, line_filter
from millstream_service.convert.wire import DELIMITED, tag, varint
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers.logs.scanning import Pattern, pattern_of
from millstream_service.handlers.logs.surroundings import Surroundings
from millstream_service.handlers.shared.dependencies import Dependencies
from millstream_service.store.builds.tables import BUILDS, PROJECTS
from millstream_service.store.database.database import Reader
from millstream_service.store.database.lanes import Lane
from millstream_service.store.entities import rows
from millstream_service.store.logs import logs

DEFAULT_LIMIT, MAX_HITS = 1_000, 100_000
MAX_CONTEXT = 100
MAX_QUERY = 1_000
_SCAN_BYTES = 24 << 20
"""So much of a log, as messages, is scanned at a time."""
_SCANS_AHEAD = 3
_NO_END = (1 << 63) - 1
_HITS_A_PAGE = 200
_BYTES_A_PAGE = 1 << 20
"""Hits of a message, and the lines on either side of a hit: a client takes 4 MiB a message by default."""
_BUILDS_A_PAGE = 100
_HIT = tag(SearchBuildLogsResponse.HITS_FIELD_NUMBER, DELIMITED)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, in which lines, and how many lines around a hit go with it."""

    query: str
    regex: bool
    ignore_case: bool
    wanted: LineFilter
    context_lines: int

    def pattern(self) -> Pattern:
        """Return what is looked for: compiled, or kept from the last time. For a reading thread."""
        return pattern_of(self.query, regex=self.regex, ignore_case=self.ignore_case)


def _search(request: SearchBuildLogsRequest) -> Search:
    """Return what a request looks for. Raises ValidationFailedError."""
    query = characters("query", request.query, 1, MAX_QUERY)
    for name, most in (("context_lines", MAX_CONTEXT), ("limit", MAX_HITS)):
        if not 0 <= getattr(request, name) <= most:
            raise ValidationFailedError(name, f"is {getattr(request, name)}, must be 0 to {most}")
    wanted = line_filter(request.min_level, None)
    return Search(query, request.regex, request.ignore_case, wanted, request.context_lines)


async def search_lines(dependencies: Dependencies, request: SearchBuildLogsRequest) -> AsyncIterator[bytes]:
    """Yield hits, some at a time, serialized. Raises InvalidRegexError, NotFoundError for the build or the project."""
    search = _search(request)
    await dependencies.database.lanes.run(Lane.SEARCHES, search.pattern)
    left = request.limit or DEFAULT_LIMIT
    async for build_id in _builds(dependencies, request):
        expired = False
        async for found in _found(dependencies, build_id, search, left):
            left -= len(found.hits)
            named = [build_id] if found.expired and not expired else []
            if found.hits or named:
                named_builds = SearchBuildLogsResponse(expired_build_ids=named).SerializeToString()
                pieces = (piece for hit in found.hits for piece in (_HIT + varint(len(hit)), hit))
                yield b"".join((*pieces, named_builds))
            expired = expired or found.expired
        if left <= 0:
            return


async def _found(dependencies: Dependencies, build_id: str, search: Search, most: int) -> "AsyncIterator[Found]":
    """Yield what each scan of one log has found, `most` hits in all, in order; scans go on ahead of those."""
    ranges = await dependencies.database.read(partial(_ranges, build_id=build_id), Lane.SEARCHES)

    def scan(first: int, last: int) -> "asyncio.Task[Found]":
        limit = min(most, _HITS_A_PAGE)
        query = partial(_scan, build_id=build_id, first_seq=first, last_seq=last, search=search, limit=limit)
        return asyncio.create_task(dependencies.database.read(query, Lane.SEARCHES))

    with _cancelled_at_the_end() as ahead:
        while ranges or ahead:
            while ranges and len(ahead) < _SCANS_AHEAD:
                ahead.append((ranges[0][1], scan(*ranges.popleft())))
            last, task = ahead[0]
            found = await task
            ahead.popleft()
            if found.next_seq is not None:
                ahead.appendleft((last, scan(found.next_seq, last)))
            yield replace(found, hits=found.hits[:most])
            most -= len(found.hits)
            if most <= 0:
                return


@contextmanager
def _cancelled_at_the_end() -> Iterator["deque[tuple[int, asyncio.Task[Found]]]"]:
    """Keep scans that go on, each with the line that it goes to, and leave none behind."""
    ahead: deque[tuple[int, asyncio.Task[Found]]] = deque()
    try:
        yield ahead
    finally:
        for _, task in ahead:
            task.cancel()


async def _builds(dependencies: Dependencies, request: SearchBuildLogsRequest) -> AsyncIterator[str]:
    """Yield the ids of the builds to search, newest first."""
    if request.build_id:
        build_id = identifier("build_id", request.build_id)
        await dependencies.database.read(partial(rows.get, resource=BUILDS, key=build_id))
        yield build_id
        return
    project_id = identifier("project_id", request.project_id)
    await dependencies.database.read(partial(rows.get, resource=PROJECTS, key=project_id))
    after: tuple[object, ...] | None = None
    while True:
        page = await dependencies.database.read(partial(_build_page, project_id=project_id, after=after))
        for row in page:
            yield row["id"]
        if len(page) < _BUILDS_A_PAGE:
            return
        after = rows.order_values(BUILDS, page[-1])


def _build_page(connection: Reader, project_id: str, after: tuple[object, ...] | None) -> list[rows.Row]:
    branch = {"project_bundle_identifier": project_id}
    return list(rows.listing(connection, BUILDS, [branch], after=after, limit=_BUILDS_A_PAGE, only=("id",)))


def _ranges(connection: Reader, build_id: str) -> deque[tuple[int, int]]:
    """Return the first and the last lines of the parts in which a log is scanned; the last one has no end."""
    ranges: deque[tuple[int, int]] = deque()
    first, size = 1, 0
    for last, more in logs.extents(connection, build_id):
        size += more
        if size >= _SCAN_BYTES:
            ranges.append((first, last))
            first, size = last + 1, 0
    ranges.append((first, _NO_END))
    return ranges


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, the line to go on from (None where all was scanned), whether lines have expired that were to be scanned.

    A hit is a SearchHit, serialized.
    """

    hits: list[bytes]
    next_seq: int | None
    expired: bool


def _scan(connection: Reader, build_id: str, first_seq: int, last_seq: int, search: Search, limit: int) -> Found:
    """Scan chunks for a message of hits."""
    deleted = logs.deleted_range(connection, build_id)
    around = Surroundings(connection, build_id, search.context_lines, deleted.last_seq + 1, _BYTES_A_PAGE)
    hits, next_seq = _collect(connection, build_id, first_seq, last_seq, search, around, limit)
    return Found(hits, next_seq, deleted.expired_at is not None and first_seq <= deleted.last_seq)


def _collect(
    connection: Reader,
    build_id: str,
    first_seq: int,
    last_seq: int,
    search: Search,
    around: Surroundings,
    limit: int,
) -> tuple[list[bytes], int | None]:
    """Return the hits, and the line to go on from."""
    pattern = search.pattern()
    hits: list[bytes] = []
    scanned = size = 0
    for chunk in logs.chunks_left(connection, build_id, first_seq, (logs.PAGE_CHUNKS, _SCAN_BYTES)):
        if chunk.first_seq > last_seq:
            break
        for found in pattern.hits(chunk, build_id, search.wanted, first_seq):
            if found.seq > last_seq:
                return hits, None
            hit = around.of(found, chunk)
            size += len(hit)
            if hits and size > _BYTES_A_PAGE:
                return hits, found.seq
            hits.append(hit)
            if len(hits) >= limit:
                return hits, found.seq + 1
        scanned += chunk.size
        if scanned >= 2 * _SCAN_BYTES:
            return hits, chunk.last_seq + 1
    return hits, None
