"""Looks a store over: what must hold, whatever happened to it, and whatever engine is below."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    ForeignKeyConstraint,
    Table,
    and_,
    func,
    not_,
    or_,
    select,
)

from millstream_service.errors import MillstreamServiceError, StoreCorruptError
from millstream_service.store import builds, counters, deletions, engines, queries
from millstream_service.store.database import Database
from millstream_service.store.logs import COLUMNS, Chunk
from millstream_service.store.models import Model
from millstream_service.store.resources import (
    BUILD_LOGS,
    BUILDS,
    CHANGE_LOG,
    CHUNKS,
    DELETIONS,
    HEADS,
    MCP_EVENTS,
    RELATIONSHIPS,
    RESOURCES,
    WRITERS,
    Resource,
)
from millstream_service.store.rows import Row
from millstream_service.store.soundness import Rules

_CHUNKS_AT_ONCE = 4
_ROWS_AT_ONCE = 50
_CHUNK_COLUMNS = [CHUNKS.c[name] for name in ("build_id", *Chunk.__dataclass_fields__)]
_builds = BUILDS.table


@dataclass(frozen=True)
class Contents:
    """What tells whether rows, by their table, and the lines of a chunk can be read. They raise StoreCorruptError."""

    rows: Mapping[str, Callable[[Row], object]] = field(default_factory=dict)
    lines: Callable[[Chunk, str], object] | None = None


_NONE = Contents()


def check(url: str, contents: Contents = _NONE) -> list[str]:
    """Return what is wrong with the store at this URL; an empty list where all is well.

    Raises what Database.open does where it can't be opened at all.
    """
    database = Database(url).open()
    try:
        return database.read_now(partial(problems, contents=contents))
    except MillstreamServiceError as error:
        return [error.message]
    finally:
        database.close()


def problems(connection: Connection, contents: Contents = _NONE) -> list[str]:
    """Return what is wrong, in one snapshot."""
    return [
        *engines.of(connection).integrity(connection),
        *(problem for table in Model.metadata.sorted_tables for problem in _rows(connection, table, contents)),
        *(problem for constraint in _references() for problem in _orphans(connection, constraint)),
        *(problem for resource in RESOURCES for problem in _misplaced(connection, resource)),
        *builds.mislabelled(connection),
        *_logs(connection, contents),
        *_writers(connection),
        *_change_log(connection),
        *_counters(connection),
    ]


def _rows(connection: Connection, table: Table, contents: Contents) -> Iterator[str]:
    """Yield the rows with a value that their columns may not hold, or that can't be given out."""
    if table is CHUNKS:
        return  # see `_logs`
    rules = Rules(list(table.columns))
    read = contents.rows.get(table.name)
    statement = select(table).order_by(*table.primary_key).where(*_live(table))
    with connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
        for row in rows:
            try:
                rules.check(row)
                if read is not None:
                    read(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name
            except StoreCorruptError as error:
                yield error.message


def _live(table: Table) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that leaves out what is dead: it is read by nobody."""
    yield from (deletions.live(resource) for resource in RESOURCES if resource.table is table)


def _references() -> Iterator[ForeignKeyConstraint]:
    for table in Model.metadata.sorted_tables:
        yield from sorted(table.foreign_key_constraints, key=str)


def _orphans(connection: Connection, constraint: ForeignKeyConstraint) -> Iterator[str]:
    """Tell of a table with rows that refer to a row that is not there: no database should let that come about."""
    above = constraint.referred_table.alias("above")
    [*pairs] = ((one.parent, above.c[one.column.name]) for one in constraint.elements)
    refers = and_(*(mine.is_not(None) for mine, _ in pairs))
    found = and_(*(mine == theirs for mine, theirs in pairs))
    wrong = select(func.count()).select_from(constraint.table).outerjoin(above, found)
    count = connection.execute(wrong.where(refers, pairs[0][1].is_(None))).scalar_one()
    if count:
        yield f"{constraint.table.name} has {count} rows whose row in {constraint.referred_table.name} is missing"


def _misplaced(connection: Connection, resource: Resource) -> Iterator[str]:
    """Yield the rows whose parent is missing, or whose ids of the rows above are not their parent's.

    What is dead stays where it was, though another row may have taken its parent's key since.
    """
    if resource.parent is None:
        return
    table, parent = resource.table, resource.parent.table.alias("above")
    mine = [table.c[name] for name in resource.ancestors]
    above = [parent.c[name] for name in (resource.parent.key, *resource.parent.ancestors)]
    agree = and_(*(one == other for one, other in zip(mine, above, strict=True)))
    wrong = (
        select(table.c[resource.key]).outerjoin(parent, mine[0] == above[0]).where(or_(above[0].is_(None), not_(agree)))
    )
    wrong = wrong.where(deletions.live(resource))
    for key in connection.execute(wrong).scalars():
        yield f"{resource.noun} {key} does not stand where its {resource.parent.noun} is"


def _logs(connection: Connection, contents: Contents) -> Iterator[str]:
    """Yield the chunks that don't decode, the gaps between them, and the heads that don't fit."""
    build_id, expected = None, 0
    rules = Rules(list(HEADS.columns))
    live = connection.execute(select(HEADS).join(_builds, _is_live(HEADS)))
    heads = {row.build_id: row for row in live if rules.fault(row) is None}
    purged = _purged_logs(connection)
    ends: dict[str, int] = {}
    with _chunks(connection) as rows:
        rules = Rules(_CHUNK_COLUMNS)
        for row in rows:
            if (fault := rules.fault(row)) is not None:
                yield rules.error(row, fault).message
                continue
            chunk = Chunk(*list(row)[1:])
            if row.build_id in purged and row.build_id in heads and chunk.last_seq <= heads[row.build_id].deleted_seq:
                continue
            if not chunk.is_whole(row.build_id):
                yield f"lines {chunk.first_seq} to {chunk.last_seq} of build {row.build_id} can't be read"
            if row.build_id != build_id:
                build_id = row.build_id
                expected = heads[build_id].deleted_seq + 1 if build_id in heads else 1
            if chunk.first_seq != expected or chunk.last_seq < chunk.first_seq:
                yield f"the log of build {build_id} has line {chunk.first_seq} where {expected} should follow"
            ends[row.build_id] = chunk.last_seq
            expected = chunk.last_seq + 1
            if chunk.is_whole(row.build_id) and not _decodes(chunk, row.build_id, contents):
                yield f"lines {chunk.first_seq} to {chunk.last_seq} of build {build_id} can't be read"
    for head in heads.values():
        if ends.get(head.build_id, head.deleted_seq) != head.last_seq:
            yield f"the log of build {head.build_id} should end with line {head.last_seq}"
        if head.expired_at is not None and not head.deleted_seq:
            yield f"the log of build {head.build_id} is said to have expired, but no line of it is gone"
    for orphan in ends.keys() - heads.keys():
        yield f"the log of build {orphan} has lines but no head"


def _is_live(table: Table) -> ColumnElement[bool]:
    """Return the condition of a join with builds that leaves out what is dead, and waits to be taken away."""
    return and_(_builds.c.id == table.c.build_id, deletions.live(BUILDS))


def _purged_logs(connection: Connection) -> set[str]:
    """Return the builds whose lines were deleted and are being taken away."""
    mine = select(DELETIONS.c.key).where(DELETIONS.c.table_name == BUILD_LOGS)
    return set(connection.execute(mine).scalars())


def _chunks(connection: Connection) -> CursorResult[Any]:
    """Return all chunks, read some at a time: they may be larger than the memory."""
    statement = select(*_CHUNK_COLUMNS).join(_builds, _is_live(CHUNKS))
    statement = statement.order_by(CHUNKS.c.build_id, CHUNKS.c.first_seq)
    return connection.execute(statement, execution_options={"yield_per": _CHUNKS_AT_ONCE})


def _decodes(chunk: Chunk, build_id: str, contents: Contents) -> bool:
    try:
        if contents.lines is not None:
            contents.lines(chunk, build_id)
        return bool(chunk.columns if chunk.codec == COLUMNS else chunk.messages)
    except StoreCorruptError:
        return False


def _writers(connection: Connection) -> Iterator[str]:
    """Yield the logs whose writers believe that more lines are stored than there ever were."""
    sent = func.sum(WRITERS.c.last_entry).label("sent")
    last = func.coalesce(HEADS.c.last_seq, 0).label("last")
    counts = (
        select(WRITERS.c.build_id, sent, last)
        .outerjoin(HEADS, HEADS.c.build_id == WRITERS.c.build_id)
        .group_by(WRITERS.c.build_id, HEADS.c.last_seq)
        .having(sent > last)
    )
    for row in connection.execute(counts):
        yield f"the writers of build {row.build_id} have written {row.sent} lines, its log goes to {row.last}"


def _change_log(connection: Connection) -> Iterator[str]:
    """Yield the holes in the change log."""
    count, oldest, newest = connection.execute(
        select(func.count(), func.min(CHANGE_LOG.c.revision), func.max(CHANGE_LOG.c.revision))
    ).one()
    try:
        revision = queries.revision(connection)
    except StoreCorruptError as error:
        yield error.message
        return
    numbers = isinstance(newest, int) and isinstance(oldest, int)
    if count and (not numbers or newest != revision or newest - oldest + 1 != count):
        yield f"the change log has {count} of the revisions {oldest} to {revision}"


def _counters(connection: Connection) -> Iterator[str]:
    """Yield the counters that would give an id a second time."""
    for resource in (MCP_EVENTS, RELATIONSHIPS):
        try:
            given = counters.last_id(connection, resource)
        except StoreCorruptError as error:
            yield error.message
            continue
        greatest = connection.execute(select(func.max(resource.table.c.id))).scalar() or 0
        if greatest > given:
            yield f"the counter of {resource.table.name} is at {given}, but there is {greatest} already"
