"""Which chunks of logs wait to be merged, and with which of their neighbours."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, bindparam, false, select

from millstream_service.store.builds.tables import BUILDS, CHUNKS
from millstream_service.store.engines.page_end import page_end
from millstream_service.store.entities import rows
from millstream_service.store.logs import logs
from millstream_service.store.logs.logs import CHUNK_COLUMNS, FULL_CHUNK_BYTES, PAGE_BYTES, PAGE_CHUNKS, Chunk

_behind_chunk = and_(CHUNKS.c.build_id == bindparam("build"), CHUNKS.c.first_seq > bindparam("after"))
_end_of_merge_page = page_end(CHUNKS.c.first_seq, CHUNKS.c.size, _behind_chunk)
_CHUNKS_BEHIND = (
    select(*CHUNK_COLUMNS).where(_behind_chunk, CHUNKS.c.first_seq <= _end_of_merge_page).order_by(CHUNKS.c.first_seq)
)


def runs_to_merge(connection: Connection, build_id: str, after: int) -> Iterator[list[Chunk]]:
    """Yield runs of neighbouring chunks that are small, or full but not merged, behind line `after`, oldest first.

    A run ends where it holds enough for a full chunk, so that little is in memory at a time. A chunk that is not as it
    was stored is left as it is.
    """
    run: list[Chunk] = []
    size = 0
    for chunk in _chunks_behind(connection, build_id, after):
        whole = chunk.is_whole(build_id)
        if run and (not whole or chunk.size >= FULL_CHUNK_BYTES or run[-1].last_seq + 1 != chunk.first_seq):
            yield run
            run, size = [], 0
        if not whole or (chunk.size >= FULL_CHUNK_BYTES and chunk.merged):
            continue
        run.append(chunk)
        size += chunk.size
        if size >= FULL_CHUNK_BYTES:
            yield run
            run, size = [], 0
    if run:
        yield run


def _chunks_behind(connection: Connection, build_id: str, after: int) -> Iterator[Chunk]:
    """Yield the chunks that begin behind line `after`, read by pages as they are taken, damaged ones among them."""
    after = max(after, logs.deleted_range(connection, build_id).last_seq)
    while True:
        page = {"build": build_id, "after": after, "max_rows": PAGE_CHUNKS, "max_bytes": PAGE_BYTES}
        first_seq = after
        for row in connection.execute(_CHUNKS_BEHIND, page):
            first_seq = row.first_seq
            yield Chunk(*row)
        if not isinstance(first_seq, int) or first_seq <= after:
            return
        after = first_seq


def builds_to_merge(connection: Connection) -> list[str]:
    """Return the ids of the builds that have chunks which wait to be merged."""
    unmerged = CHUNKS.c.merged == false()  # `IS 0` would not be served by the index of these alone
    found = connection.execute(select(CHUNKS.c.build_id).where(unmerged).distinct())
    return [build_id for build_id in found.scalars() if not rows.is_dead(connection, BUILDS, build_id)]
