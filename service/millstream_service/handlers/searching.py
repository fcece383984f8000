"""SearchBuildLogs: scan the chunks, parse only those that may hold a hit, send hits as they are found."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import re2

from millstream.builds.v1.backend_service_pb2 import SearchBuildLogsRequest, SearchBuildLogsResponse, SearchHit
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.fields import characters, identifier
from millstream_service.convert.logs import LineFilter, line_filter, lines_of
from millstream_service.errors import InvalidRegexError, ValidationFailedError
from millstream_service.handlers import lines
from millstream_service.handlers.parts import Parts
from millstream_service.store import logs, rows
from millstream_service.store.database import Reader
from millstream_service.store.logs import Chunk
from millstream_service.store.resources import BUILDS, PROJECTS

DEFAULT_LIMIT, MOST_HITS = 1_000, 100_000
MOST_CONTEXT = 100
MOST_QUERY = 1_000
_SCAN_BYTES = 4 << 20
_HITS_A_PAGE = 200
_BYTES_A_PAGE = 1 << 20
"""Hits of a message, and the lines on either side of a hit: a client takes 4 MiB a message unless told otherwise."""
_BUILDS_A_PAGE = 100


@dataclass(frozen=True)
class Search:
    """What is looked for. `matches` decides on a line's text; `may_match` rules chunks out cheaply by their bytes."""

    matches: Callable[[str], bool]
    may_match: Callable[[bytes], bool]
    wanted: LineFilter
    context_lines: int

    def hits(self, chunk: Chunk) -> Iterator[BuildLog]:
        """Yield the lines of a chunk that match."""
        if self.wanted.takes_none(chunk):
            return
        payload = chunk.plain
        if self.may_match(payload):
            yield from (line for line in lines_of(payload) if self.wanted.fits(line) and self.matches(line.content))


def _search(request: SearchBuildLogsRequest) -> Search:
    """Return what a request looks for. Raises ValidationFailedError and InvalidRegexError."""
    query = characters("query", request.query, 1, MOST_QUERY)
    for name, most in (("context_lines", MOST_CONTEXT), ("limit", MOST_HITS)):
        if not 0 <= getattr(request, name) <= most:
            raise ValidationFailedError(name, f"is {getattr(request, name)}, must be 0 to {most}")
    wanted = line_filter(request.min_level, None)
    if not request.regex and not request.ignore_case:
        needle = query.encode()
        return Search(lambda text: query in text, lambda payload: needle in payload, wanted, request.context_lines)
    pattern = _pattern(query if request.regex else re2.escape(query), ignore_case=request.ignore_case)
    return Search(lambda text: pattern.search(text) is not None, lambda _payload: True, wanted, request.context_lines)


def _pattern(query: str, *, ignore_case: bool) -> "re2._Regexp[str]":
    """Compile with RE2: its time is linear in the text, whatever the expression (https://github.com/google/re2)."""
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    try:
        return re2.compile(query, options=options)
    except re2.error as error:
        text = error.args[0] if error.args else b""
        raise InvalidRegexError(text.decode(errors="replace") if isinstance(text, bytes) else str(text)) from error


async def searched(parts: Parts, request: SearchBuildLogsRequest) -> AsyncIterator[SearchBuildLogsResponse]:
    """Yield hits, some at a time. Raises NotFoundError for the build or the project."""
    search = _search(request)
    left = request.limit or DEFAULT_LIMIT
    async for build_id in _builds(parts, request):
        seq: int | None = 1
        while seq is not None and left > 0:
            scan = partial(_scan, build_id=build_id, from_seq=seq, search=search, limit=min(left, _HITS_A_PAGE))
            hits, seq = await parts.database.read(scan)
            left -= len(hits)
            if hits:
                yield SearchBuildLogsResponse(hits=hits)
        if left <= 0:
            return


async def _builds(parts: Parts, request: SearchBuildLogsRequest) -> AsyncIterator[str]:
    """Yield the ids of the builds to search, newest first."""
    if request.build_id:
        build_id = identifier("build_id", request.build_id)
        await parts.database.read(partial(rows.get, resource=BUILDS, key=build_id))
        yield build_id
        return
    project_id = identifier("project_id", request.project_id)
    await parts.database.read(partial(rows.get, resource=PROJECTS, key=project_id))
    after: tuple[object, ...] | None = None
    while True:
        page = await parts.database.read(partial(_build_page, project_id=project_id, after=after))
        for row in page:
            yield row["id"]
        if len(page) < _BUILDS_A_PAGE:
            return
        after = rows.order_values(BUILDS, page[-1])


def _build_page(connection: Reader, project_id: str, after: tuple[object, ...] | None) -> list[rows.Row]:
    branch = {"project_bundle_identifier": project_id}
    return list(rows.listing(connection, BUILDS, [branch], after=after, limit=_BUILDS_A_PAGE, only=("id",)))


def _scan(
    connection: Reader, build_id: str, from_seq: int, search: Search, limit: int
) -> tuple[list[SearchHit], int | None]:
    """Scan some chunks from a line on; return the hits and the line to go on from, None at the end."""
    hits: list[SearchHit] = []
    scanned = size = 0
    for chunk in logs.chunks_from(connection, build_id, from_seq):
        for line in search.hits(chunk):
            if line.seq < from_seq:
                continue
            hit = _hit(connection, line, search.context_lines)
            size += hit.ByteSize()
            if hits and size > _BYTES_A_PAGE:
                return hits, line.seq
            hits.append(hit)
            if len(hits) >= limit:
                return hits, line.seq + 1
        scanned += chunk.size
        if scanned >= _SCAN_BYTES:
            return hits, chunk.last_seq + 1
    return hits, None


def _hit(connection: Reader, line: BuildLog, context_lines: int) -> SearchHit:
    if not context_lines:
        return SearchHit(build_log=line)
    around = lines.between(connection, line.build_id, line.seq - context_lines, line.seq + context_lines)
    before = _nearest([one for one in reversed(around) if one.seq < line.seq])
    after = _nearest([one for one in around if one.seq > line.seq])
    return SearchHit(build_log=line, before=reversed(before), after=after)


def _nearest(around: Sequence[BuildLog]) -> Sequence[BuildLog]:
    """Return the first lines, as many as have room in a message."""
    sizes = accumulate(line.ByteSize() for line in around)
    return around[: sum(size <= _BYTES_A_PAGE for size in sizes)]
