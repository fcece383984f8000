"""Logs, as chunks: a row holds some lines that follow each other, as messages or, once merged, as columns.

What the bytes mean is not this module's business: `convert.chunks` makes and reads them. A line is found by its build
and its number, so no line needs an index entry; what a chunk says of itself (`levels`, `categories`) tells a filter
whether to look inside.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import getrandbits
from struct import Struct
from typing import Any
from zlib import crc32

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
)

from millstream_service.errors import LogExpiredError, NotFoundError, StoreCorruptError
from millstream_service.names import build_log_id
from millstream_service.store.builds.tables import BUILD_LOGS, BUILDS, CHUNKS, HEADS, WRITERS
from millstream_service.store.engines.engines import upsert
from millstream_service.store.engines.page_end import page_end
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.engines.soundness import read_checked
from millstream_service.store.entities import deletions
from millstream_service.store.entities.writers import Writers
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs.compression import compress, decompress
from millstream_service.store.schema.models import STATE

_MARK_BITS = 63
RAW, ZSTD, COLUMNS = 0, 1, 2
QUICK_LEVEL = 1
"""Of zstd, for chunks as they come: fast, and already most of what there is to gain."""
MERGED_LEVEL = 9
"""For merged ones: a twentieth larger than level 12, and twice as fast (see docs/performance.md)."""
SMALLEST_TO_COMPRESS = 1024
APPENDED_CHUNK_BYTES = 512 * 1024
"""A batch that is larger is stored as several chunks."""
FULL_CHUNK_BYTES = 2 << 20
"""A merged chunk of this size, as messages, is full. It is less than half as large again, but for single long lines."""
PAGE_BYTES = 4 << 20
"""Chunks are read until they have so many together, as messages; what is stored is seldom as large."""
PAGE_CHUNKS = 1_000
_FIRST_PAGE = 50, 512 << 10
"""How many chunks at the most, and bytes: most readers want little."""
_FEWEST_CHUNKS = 4
_TEXTS_LENGTH = Struct("<I")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `first_seq` to `last_seq` of a build. See models.BuildLogChunk for the fields."""

    first_seq: int
    last_seq: int
    levels: int
    categories: str
    size: int
    payload: bytes
    codec: int = RAW
    merged: bool = False
    checksum: int = 0

    def computed_checksum(self, build_id: str) -> int:
        """Return the check sum of what the chunk holds and says of itself, as a chunk of this build.

        Raises TypeError for values that no chunk has.
        """
        about = (build_id, self.first_seq, self.last_seq, self.levels, self.categories, self.codec, self.size)
        return crc32(self.payload, crc32("/".join(map(str, about)).encode()))

    def is_whole(self, build_id: str) -> bool:
        """Return whether the chunk is as it was stored."""
        try:
            return self.checksum == self.computed_checksum(build_id)
        except (TypeError, UnicodeEncodeError):
            return False

    def compress(self, level: int = MERGED_LEVEL) -> "Chunk":
        """Return the chunk with its messages compressed."""
        return replace(self, codec=ZSTD, payload=compress(self.payload, level))

    def as_columns(self, texts: bytes, rest: bytes) -> "Chunk":
        """Return the chunk with its lines as columns (see convert.columns), compressed."""
        frames = compress(texts, MERGED_LEVEL), compress(rest, MERGED_LEVEL)
        return replace(self, codec=COLUMNS, payload=_TEXTS_LENGTH.pack(len(frames[0])) + b"".join(frames))

    @property
    def messages(self) -> bytes:
        """The lines as messages, of a chunk that has no columns. Raises StoreCorruptError."""
        data = self.payload if self.codec == RAW else self._decompress(self.payload)
        if len(data) != self.size:
            raise self.damage_error()
        return data

    @property
    def columns(self) -> tuple[bytes, bytes]:
        """The texts and the other columns, of a chunk that has them. Raises StoreCorruptError."""
        return self._decompress(self.payload[_TEXTS_LENGTH.size : self._texts_end]), self.columns_without_texts

    @property
    def columns_without_texts(self) -> bytes:
        """The other columns alone, which are read in a fraction of the time. Raises StoreCorruptError."""
        return self._decompress(self.payload[self._texts_end :])

    @property
    def _texts_end(self) -> int:
        return _TEXTS_LENGTH.size + int.from_bytes(self.payload[: _TEXTS_LENGTH.size], "little")

    def _decompress(self, frame: bytes) -> bytes:
        try:
            return decompress(frame, self.size)
        except ValueError as error:
            raise self.damage_error() from error

    def damage_error(self, build_id: str = "") -> StoreCorruptError:
        """Return the error that says so."""
        fault = f"lines {self.first_seq} to {self.last_seq} can't be read"
        key = f"{build_id}/{self.first_seq}" if build_id else str(self.first_seq)
        return StoreCorruptError.of_row(CHUNKS.name, key, fault)


Encode = Callable[[int, int], Sequence[Chunk]]
"""Makes chunks of a batch: (the seq of its first line, how many entries to skip) -> chunks."""
Merge = Callable[[str, Sequence[Chunk]], Chunk]
"""Makes one merged chunk of neighbours: (the build's id, these) -> the chunk. Raises StoreCorruptError."""

_builds = BUILDS.table
_WRITERS = Writers(BUILDS, WRITERS)
_STATE = Prepared(
    select(
        _builds.c.id,
        *(_builds.c[name] for name in BUILDS.ancestors),
        func.coalesce(HEADS.c.last_seq, 0).label("last_seq"),
        _WRITERS.last_entry,
    )
    .outerjoin(HEADS, HEADS.c.build_id == _builds.c.id)
    .outerjoin(WRITERS, _WRITERS.mine)
    .where(_builds.c.id == bindparam("build"), deletions.live(BUILDS))
)
_HEAD = (
    select(
        select(STATE.c.revision).scalar_subquery().label("revision"),
        _builds.c.status,
        func.coalesce(HEADS.c.mark, 0).label("mark"),
        func.coalesce(HEADS.c.deleted_seq, 0).label("deleted_seq"),
        func.coalesce(HEADS.c.last_seq, 0).label("last_seq"),
        HEADS.c.expired_at,
    )
    .outerjoin(HEADS, HEADS.c.build_id == _builds.c.id)
    .where(_builds.c.id == bindparam("build"), deletions.live(BUILDS))
)
_live_head = HEADS.join(_builds, and_(_builds.c.id == HEADS.c.build_id, deletions.live(BUILDS)))
_deleted_range = select(HEADS.c.deleted_seq, HEADS.c.expired_at).select_from(_live_head)
_DELETED_RANGE = Prepared(_deleted_range.where(HEADS.c.build_id == bindparam("build")))
_ADD_CHUNK = Prepared(insert(CHUNKS))
_MOVE_HEAD = Prepared(upsert(HEADS, ["build_id"], ["last_seq"]))
_of_build = CHUNKS.c.build_id == bindparam("build")
CHUNK_COLUMNS = [CHUNKS.c[name] for name in Chunk.__dataclass_fields__]
_chunk_of_line = (
    select(func.coalesce(func.max(CHUNKS.c.first_seq), 0)).where(_of_build, CHUNKS.c.first_seq <= bindparam("from_seq"))
).scalar_subquery()


def _of_live_head(column: ColumnElement[int]) -> ScalarSelect[int]:
    """Return the query of a value of a log's head: of the log of a build that is gone there is none."""
    return select(column).select_from(_live_head).where(HEADS.c.build_id == bindparam("build")).scalar_subquery()


deleted_seq = _of_live_head(HEADS.c.deleted_seq)
"""Chunks up to there may still lie in the table, but hold nothing for anybody; all of them where it is NULL."""
_behind_deleted = HEADS.c.deleted_seq >= _chunk_of_line, HEADS.c.deleted_seq + 1
_first_chunk = _of_live_head(case(_behind_deleted, else_=_chunk_of_line))
_behind = and_(_of_build, CHUNKS.c.first_seq >= _first_chunk, CHUNKS.c.last_seq >= bindparam("from_seq"))
_end_of_page = page_end(CHUNKS.c.first_seq, CHUNKS.c.size, _behind)
_end_of_log = select(HEADS.c.last_seq).where(HEADS.c.build_id == bindparam("build")).scalar_subquery()
_CHUNK_PAGE = (
    select(*CHUNK_COLUMNS, _end_of_log).where(_behind, CHUNKS.c.first_seq <= _end_of_page).order_by(CHUNKS.c.first_seq)
)
_EXTENTS = select(CHUNKS.c.last_seq, CHUNKS.c.size).where(_of_build, CHUNKS.c.first_seq > deleted_seq)
_EXTENTS = _EXTENTS.order_by(CHUNKS.c.first_seq)
_DROP_CHUNKS = delete(CHUNKS).where(
    _of_build, CHUNKS.c.first_seq >= bindparam("first"), CHUNKS.c.first_seq <= bindparam("last")
)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log goes: lines up to `deleted_seq` are gone, `last_seq` is the last. And the status of its build.

    `mark` tells it from the log of an earlier build of the same id; 0 before its first line. `expired_at`: as in
    `DeletedRange`.
    """

    revision: int
    status: int
    mark: int
    deleted_seq: int
    last_seq: int
    expired_at: int | None = None


@dataclass(frozen=True, slots=True)
class DeletedRange:
    """Lines up to `last_seq` are gone. `expired_at`: in nanoseconds since 1970; None where they were deleted."""

    last_seq: int = 0
    expired_at: int | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """All entries of the writer up to `durable_entry` are stored; the log goes up to `last_seq`."""

    durable_entry: int
    last_seq: int
    bytes_added: int


def append(
    connection: Connection, build_id: str, writer_id: str, first_entry: int, count: int, encode: Encode
) -> tuple[Appended, list[Change]]:
    """Add a writer's entries, `count` of them from number `first_entry` on, but those that came before.

    Raises NotFoundError, and EntryGapError where entries before `first_entry` have not come.
    """
    state = state_of(connection, build_id, writer_id)
    skip = _WRITERS.skip(build_id, writer_id, state["last_entry"], first_entry)
    if skip >= count:
        return Appended(state["last_entry"], state["last_seq"], 0), []
    added, change = _add(connection, state, encode(state["last_seq"] + 1, skip))
    last_entry = first_entry + count - 1
    _WRITERS.move(connection, build_id, writer_id, last_entry)
    return Appended(last_entry, added.last_seq, added.bytes_added), change


def append_line(connection: Connection, build_id: str, encode: Encode) -> tuple[Appended, list[Change]]:
    """Add one line that no writer counts. Raises NotFoundError."""
    state = state_of(connection, build_id)
    return _add(connection, state, encode(state["last_seq"] + 1, 0))


def state_of(connection: Connection, build_id: str, writer_id: str = "") -> dict[str, Any]:
    """Return how far a log and one of its writers have come, and the ids of the rows above. Raises NotFoundError."""
    state = _STATE.one(connection, {"build": build_id, "writer_id": writer_id})
    if state is None:
        raise NotFoundError(BUILDS.noun, build_id)
    return state


def change_of_log(state: Mapping[Any, Any], operation: Operation) -> list[Change]:
    """Return the change of a log. `state`: the id of its build, and those of the rows above."""
    above = tuple(state[column] for column in ("id", *BUILDS.ancestors))
    return [Change(BUILD_LOGS, state["id"], operation, above)]


def _add(connection: Connection, state: dict[str, Any], chunks: Sequence[Chunk]) -> tuple[Appended, list[Change]]:
    quick = [one.compress(QUICK_LEVEL) if one.size >= SMALLEST_TO_COMPRESS else one for one in chunks]
    _insert(connection, state["id"], quick)
    last_seq = chunks[-1].last_seq
    # all but `last_seq`: written once
    initial_row = {"mark": getrandbits(_MARK_BITS), "deleted_seq": 0, "expired_at": None}
    _MOVE_HEAD.run(connection, {"build_id": state["id"], "last_seq": last_seq} | initial_row)
    operation = Operation.UPDATE if state["last_seq"] else Operation.CREATE
    return Appended(0, last_seq, sum(chunk.size for chunk in chunks)), change_of_log(state, operation)


def _insert(connection: Connection, build_id: str, chunks: Sequence[Chunk]) -> None:
    for chunk in chunks:
        values = {name: getattr(chunk, name) for name in Chunk.__dataclass_fields__}
        _ADD_CHUNK.run(connection, {**values, "build_id": build_id, "checksum": chunk.computed_checksum(build_id)})


def head(connection: Connection, build_id: str) -> Head:
    """Return how far the log of a build goes. Raises NotFoundError."""
    for row in read_checked(connection, _HEAD, {"build": build_id}):
        return Head(*row)
    raise NotFoundError(BUILDS.noun, build_id)


def deleted_range(connection: Connection, build_id: str) -> DeletedRange:
    """Return which lines of a log are gone. A build that does not exist has none."""
    row = _DELETED_RANGE.one(connection, {"build": build_id})
    return DeletedRange(*row.values()) if row else DeletedRange()


def chunks_from(
    connection: Connection, build_id: str, from_seq: int, first_page: tuple[int, int] = _FIRST_PAGE
) -> Iterator[Chunk]:
    """Yield the chunks from the one with line `from_seq` on, read as they are taken.

    Raises LogExpiredError where that line has expired: what is left must not look like all that there was.
    """
    missing = deleted_range(connection, build_id)
    if missing.expired_at is not None and from_seq <= missing.last_seq:
        raise LogExpiredError(build_log_id(build_id, from_seq), missing.expired_at, missing.last_seq + 1)
    yield from chunks_left(connection, build_id, from_seq, first_page)


def chunks_left(
    connection: Connection, build_id: str, from_seq: int = 1, first_page: tuple[int, int] = _FIRST_PAGE
) -> Iterator[Chunk]:
    """Yield the same, whatever has expired before, read by pages of some megabytes. The first has its own size.

    A driver may hold all rows of a statement in memory (PostgreSQL's does), so a statement asks for no more. Raises
    StoreCorruptError for a chunk that is not as it was stored, and where lines are missing before one.
    """
    chunks, size = first_page
    chunk: Chunk | None = None
    while True:
        page = {"build": build_id, "from_seq": from_seq, "max_rows": chunks, "max_bytes": size}
        read, last_seq = 0, 0
        for *columns, last_seq in connection.execute(_CHUNK_PAGE, page):  # noqa: B007 - the same in each row
            before, chunk = chunk, Chunk(*columns)
            if not chunk.is_whole(build_id) or (before and before.last_seq + 1 != chunk.first_seq):
                raise chunk.damage_error(build_id)
            read += 1
            yield chunk
        if read and not isinstance(last_seq, int):
            raise StoreCorruptError.of_row(HEADS.name, build_id, "is missing, or can't be read")
        if chunk is None or not read or chunk.last_seq >= last_seq:
            return
        from_seq = chunk.last_seq + 1
        chunks, size = min(max(_FEWEST_CHUNKS, 2 * read), PAGE_CHUNKS), PAGE_BYTES


def extents(connection: Connection, build_id: str) -> Sequence[tuple[int, int]]:
    """Return the last line and the size of each chunk, in order."""
    return [(last_seq, size) for last_seq, size in read_checked(connection, _EXTENTS, {"build": build_id})]


def put_in_place(
    connection: Connection, build_id: str, old: Sequence[Chunk], new: Sequence[Chunk]
) -> tuple[bool, list[Change]]:
    """Put other chunks with the same lines in the place of some, unless these are no longer as they were.

    No change: readers see the same lines.
    """
    first, last = old[0].first_seq, old[-1].first_seq
    here = connection.execute(
        select(CHUNKS.c.first_seq, CHUNKS.c.last_seq)
        .where(CHUNKS.c.build_id == build_id, CHUNKS.c.first_seq >= first, CHUNKS.c.first_seq <= last)
        .order_by(CHUNKS.c.first_seq)
    )
    if [tuple(row) for row in here] != [(chunk.first_seq, chunk.last_seq) for chunk in old]:
        return False, []
    connection.execute(_DROP_CHUNKS, {"build": build_id, "first": first, "last": last})
    _insert(connection, build_id, new)
    return True, []
