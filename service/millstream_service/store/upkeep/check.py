"""Looks a store over: what must hold, whatever happened to it, and whatever engine is below."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
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
from sqlalchemy import Row as DatabaseRow

from millstream_service.errors import MillstreamServiceError, StoreCorruptError
from millstream_service.store import registry
from millstream_service.store.checks import CHECKS
from millstream_service.store.database.database import Database
from millstream_service.store.engines import engines
from millstream_service.store.engines.soundness import Rules
from millstream_service.store.entities import counters, deletions
from millstream_service.store.entities.rows import Row
from millstream_service.store.history import queries
from millstream_service.store.logs.logs import COLUMNS, Chunk
from millstream_service.store.schema.models import CHANGE_LOG, DELETIONS
from millstream_service.store.schema.resources import Log, Resource

_CHUNKS_AT_ONCE = 4
_ROWS_AT_ONCE = 50


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
        *(problem for table in registry.tables() for problem in _rows(connection, table, contents)),
        *(problem for constraint in _references() for problem in _orphans(connection, constraint)),
        *(problem for resource in registry.resources() for problem in _find_misplaced(connection, resource)),
        *(problem for check in CHECKS for problem in check(connection)),
        *(problem for resource, log in registry.logs() for problem in _logs(connection, resource, log, contents)),
        *(problem for resource, log in registry.logs() for problem in _writers(connection, resource, log)),
        *_change_log(connection),
        *_counters(connection),
    ]


def _rows(connection: Connection, table: Table, contents: Contents) -> Iterator[str]:
    """Yield the rows with a value that their columns may not hold, or that can't be given out."""
    if any(table is log.chunks for _, log in registry.logs()):
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
    yield from (deletions.live(resource) for resource in registry.resources() if resource.table is table)


def _references() -> Iterator[ForeignKeyConstraint]:
    for table in registry.tables():
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


def _find_misplaced(connection: Connection, resource: Resource) -> Iterator[str]:
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


def _logs(connection: Connection, resource: Resource, log: Log, contents: Contents) -> Iterator[str]:
    """Yield the chunks that don't decode, the gaps between them, and the heads that don't fit."""
    noun, key, expected = resource.noun, None, 0
    heads = _heads(connection, resource, log)
    purged = _purged_logs(connection, log)
    ends: dict[str, int] = {}
    columns = _chunk_columns(resource, log)
    with _chunks(connection, resource, log) as rows:
        rules = Rules(columns)
        for row in rows:
            if (fault := rules.fault(row)) is not None:
                yield rules.error(row, fault).message
                continue
            owner = row[0]
            chunk = Chunk(*list(row)[1:])
            if owner in purged and owner in heads and chunk.last_seq <= heads[owner].deleted_seq:
                continue
            if not chunk.is_whole(owner):
                yield f"lines {chunk.first_seq} to {chunk.last_seq} of {noun} {owner} can't be read"
            if owner != key:
                key = owner
                expected = heads[key].deleted_seq + 1 if key in heads else 1
            if chunk.first_seq != expected or chunk.last_seq < chunk.first_seq:
                yield f"the log of {noun} {key} has line {chunk.first_seq} where {expected} should follow"
            ends[owner] = chunk.last_seq
            expected = chunk.last_seq + 1
            if chunk.is_whole(owner) and not _decodes(chunk, owner, contents):
                yield f"lines {chunk.first_seq} to {chunk.last_seq} of {noun} {key} can't be read"
    for owner, head in heads.items():
        if ends.get(owner, head.deleted_seq) != head.last_seq:
            yield f"the log of {noun} {owner} should end with line {head.last_seq}"
        if head.expired_at is not None and not head.deleted_seq:
            yield f"the log of {noun} {owner} is marked as expired, but no line is missing"
    for orphan in ends.keys() - heads.keys():
        yield f"the log of {noun} {orphan} has lines but no head"


def _heads(connection: Connection, resource: Resource, log: Log) -> dict[str, DatabaseRow[Any]]:
    """Return the heads of all logs that can be read, by the keys of their rows."""
    rules = Rules(list(log.heads.columns))
    owner = resource.owner(log.heads).name
    live = connection.execute(select(log.heads).join(resource.table, _is_live(resource, log.heads)))
    return {row._mapping[owner]: row for row in live if rules.fault(row) is None}  # noqa: SLF001 - SQLAlchemy's own name


def _is_live(resource: Resource, table: Table) -> ColumnElement[bool]:
    """Return the condition of a join with their rows that leaves out what is dead, and waits to be taken away."""
    return and_(resource.table.c[resource.key] == resource.owner(table), deletions.live(resource))


def _purged_logs(connection: Connection, log: Log) -> set[str]:
    """Return the rows whose lines were deleted and are being taken away."""
    mine = select(DELETIONS.c.key).where(DELETIONS.c.table_name == log.name)
    return set(connection.execute(mine).scalars())


def _chunk_columns(resource: Resource, log: Log) -> list[Column[Any]]:
    return [resource.owner(log.chunks), *(log.chunks.c[name] for name in Chunk.__dataclass_fields__)]


def _chunks(connection: Connection, resource: Resource, log: Log) -> CursorResult[Any]:
    """Return all chunks, read some at a time: they may be larger than the memory."""
    owner, *_ = columns = _chunk_columns(resource, log)
    statement = select(*columns).join(resource.table, _is_live(resource, log.chunks))
    statement = statement.order_by(owner, log.chunks.c.first_seq)
    return connection.execute(statement, execution_options={"yield_per": _CHUNKS_AT_ONCE})


def _decodes(chunk: Chunk, key: str, contents: Contents) -> bool:
    try:
        if contents.lines is not None:
            contents.lines(chunk, key)
        return bool(chunk.columns if chunk.codec == COLUMNS else chunk.messages)
    except StoreCorruptError:
        return False


def _writers(connection: Connection, resource: Resource, log: Log) -> Iterator[str]:
    """Yield the logs whose writers believe that more lines are stored than there ever were."""
    writers = resource.writers
    if writers is None:
        return
    mine, owner = resource.owner(writers), resource.owner(log.heads)
    sent = func.sum(writers.c.last_entry).label("sent")
    last = func.coalesce(log.heads.c.last_seq, 0).label("last")
    counts = select(mine, sent, last).outerjoin(log.heads, owner == mine)
    counts = counts.group_by(mine, log.heads.c.last_seq).having(sent > last)
    for key, written, end in connection.execute(counts):
        yield f"the writers of {resource.noun} {key} have written {written} lines, its log goes to {end}"


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
    for resource in registry.resources():
        if not resource.counted:
            continue
        try:
            given = counters.last_id(connection, resource)
        except StoreCorruptError as error:
            yield error.message
            continue
        greatest = connection.execute(select(func.max(resource.table.c[resource.key]))).scalar() or 0
        if greatest > given:
            yield f"the counter of {resource.table.name} is at {given}, but there is {greatest} already"
