"""Looks a store over: what must hold, whatever happened to it."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, func, not_, or_, select

from millstream_service.errors import MillstreamServiceError, StoreCorruptError
from millstream_service.store import engines, queries
from millstream_service.store.database import Database
from millstream_service.store.logs import Chunk
from millstream_service.store.resources import CHANGE_LOG, CHUNKS, HEADS, RESOURCES, Resource


def check(url: str) -> list[str]:
    """Return what is wrong with the store at this URL; an empty list where all is well.

    Raises what Database.open does where it can't be opened at all.
    """
    database = Database(url).open()
    try:
        return database.read_now(problems)
    except MillstreamServiceError as error:
        return [error.message]
    finally:
        database.close()


def problems(connection: Connection) -> list[str]:
    """Return what is wrong, in one snapshot."""
    return [
        *engines.of(connection).integrity(connection),
        *(problem for resource in RESOURCES for problem in _misplaced(connection, resource)),
        *_logs(connection),
        *_change_log(connection),
    ]


def _misplaced(connection: Connection, resource: Resource) -> Iterator[str]:
    """Yield the rows whose parent is missing, or whose ids of the rows above are not their parent's."""
    if resource.parent is None:
        return
    table, parent = resource.table, resource.parent.table.alias("above")
    mine = [table.c[name] for name in resource.ancestors]
    above = [parent.c[name] for name in (resource.parent.key, *resource.parent.ancestors)]
    agree = and_(*(one == other for one, other in zip(mine, above, strict=True)))
    wrong = (
        select(table.c[resource.key]).outerjoin(parent, mine[0] == above[0]).where(or_(above[0].is_(None), not_(agree)))
    )
    for key in connection.execute(wrong).scalars():
        yield f"{resource.noun} {key} does not stand where its {resource.parent.noun} is"


def _logs(connection: Connection) -> Iterator[str]:
    """Yield the chunks that don't decode, the gaps between them, and the heads that don't fit."""
    build_id, expected = None, 0
    columns = [CHUNKS.c[name] for name in Chunk.__dataclass_fields__]
    heads = {row.build_id: row for row in connection.execute(select(HEADS))}
    ends: dict[str, int] = {}
    for row in connection.execute(select(CHUNKS.c.build_id, *columns).order_by(CHUNKS.c.build_id, CHUNKS.c.first_seq)):
        chunk = Chunk(*row[1:])
        if row.build_id != build_id:
            build_id = row.build_id
            expected = heads[build_id].deleted_seq + 1 if build_id in heads else 1
        if chunk.first_seq != expected or chunk.last_seq < chunk.first_seq:
            yield f"the log of build {build_id} has line {chunk.first_seq} where {expected} should follow"
        ends[row.build_id] = chunk.last_seq
        expected = chunk.last_seq + 1
        if not _decodes(chunk):
            yield f"lines {chunk.first_seq} to {chunk.last_seq} of build {build_id} can't be read"
    for head in heads.values():
        if ends.get(head.build_id, head.deleted_seq) != head.last_seq:
            yield f"the log of build {head.build_id} should end with line {head.last_seq}"
    for orphan in ends.keys() - heads.keys():
        yield f"the log of build {orphan} has lines but no head"


def _decodes(chunk: Chunk) -> bool:
    try:
        return len(chunk.plain) == chunk.size
    except StoreCorruptError:
        return False


def _change_log(connection: Connection) -> Iterator[str]:
    """Yield the holes in the change log."""
    count, oldest, newest = connection.execute(
        select(func.count(), func.min(CHANGE_LOG.c.revision), func.max(CHANGE_LOG.c.revision))
    ).one()
    revision = queries.revision(connection)
    if count and (newest != revision or newest - oldest + 1 != count):
        yield f"the change log has {count} of the revisions {oldest} to {revision}"
