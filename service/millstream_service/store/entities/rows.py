"""Get, list, create and update: four functions for every resource. `removal` has the fifth.

Rows are plain mappings from column to value. Writes return the row as stored and the changes for the change log, and
are meant to be run by the writer, inside of its transaction. What a deletion has taken (see `deletions`) is not there.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    insert,
    not_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from millstream_service.errors import AlreadyExistsError, ListTooLargeError, NotFoundError, StoreCorruptError
from millstream_service.store import registry
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.engines.soundness import Rules, leave_out
from millstream_service.store.entities import deletions
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.schema.resources import GENERATION, Resource
from millstream_service.store.writing import places

Row = Mapping[Any, Any]
"""Column to value. (SQLAlchemy's own rows take more than names for keys.)"""
Key = str | int
Written = tuple[Row, list[Change]]
Check = Callable[[Row], None]
_FIRST_ROWS, _MAX_ROWS = 16, 1_024
"""So many rows of a list are read at once, at first and at the most: one may have some MiB."""
_KEYS_AT_ONCE = 16
MAX_ROWS_ALONG = 1_000
"""So many rows a change may touch beside the one that it is about: they are changed in one transaction."""


@lru_cache
def _select_one(resource: Resource) -> Prepared:
    return Prepared(select(*resource.columns).where(_has_key(resource), deletions.live(resource)))


@lru_cache
def _select_some(resource: Resource, count: int) -> Prepared:
    has_key = resource.table.c[resource.key].in_([bindparam(f"key_{n}") for n in range(count)])
    return Prepared(select(*resource.columns).where(has_key, deletions.live(resource)))


@lru_cache
def _select_dead(resource: Resource) -> Prepared:
    key = resource.table.c[resource.key]
    return Prepared(select(key).where(_has_key(resource), not_(deletions.live(resource))))


@lru_cache
def _select_place(resource: Resource) -> Prepared:
    columns = [resource.table.c[name] for name in (resource.key, *resource.ancestors)]
    return Prepared(select(*columns).where(_has_key(resource), deletions.live(resource)))


@lru_cache
def _insert_one(resource: Resource) -> Prepared:
    statement = insert(resource.table)
    if resource.mortal:
        statement = statement.values({GENERATION: deletions.newest()})
    return Prepared(statement, [column.name for column in resource.columns])


@lru_cache
def _update_one(resource: Resource, columns: tuple[str, ...], reborn: bool) -> Prepared:
    """`reborn`: the row is as one that is made now; earlier deletions of what is above it are not its business."""
    values: dict[str, Any] = {column: bindparam(f"new_{column}") for column in columns}
    values |= {GENERATION: deletions.newest()} if reborn else {}
    return Prepared(update(resource.table).where(_has_key(resource)).values(values))


@lru_cache
def _select_below(lower: Resource, column: str) -> Prepared:
    columns = [lower.table.c[name] for name in (lower.key, *lower.ancestors, *lower.beside)]
    below = select(*columns).where(lower.table.c[column] == bindparam("above"), deletions.live(lower))
    return Prepared(below.limit(bindparam("most")))


def _has_key(resource: Resource) -> ColumnElement[bool]:
    return resource.table.c[resource.key] == bindparam("key")


def find(connection: Connection, resource: Resource, key: Key) -> Row | None:
    """Return the row with this key, or None. Raises StoreCorruptError."""
    row = _select_one(resource).one(connection, {"key": key})
    if row is not None and row[resource.key] != key:
        raise StoreCorruptError.of_row(resource.table.name, str(key), "an index has it in another row's place")
    return row


def get(connection: Connection, resource: Resource, key: Key) -> Row:
    """Return the row with this key. Raises NotFoundError and StoreCorruptError."""
    row = find(connection, resource, key)
    if row is None:
        raise NotFoundError(resource.noun, str(key))
    return row


def some(connection: Connection, resource: Resource, keys: Iterable[str]) -> Iterator[Row]:
    """Yield the rows that there are with some keys, in no order. One that is damaged is left out (see `soundness`)."""
    kind = resource.table.c[resource.key].type.python_type
    left = iter(keys)
    while batch := [kind(key) for key in islice(left, _KEYS_AT_ONCE)]:
        count = 1 if len(batch) == 1 else _KEYS_AT_ONCE
        values = {f"key_{n}": batch[min(n, len(batch) - 1)] for n in range(count)}
        for row, error in _select_some(resource, count).each(connection, values):
            if error is None:
                yield row
            else:
                leave_out(error)


Branch = Mapping[str, Any]
"""Columns and the values that they must have; one whose value is a tuple must have one of them."""


def order_values(resource: Resource, row: Row) -> tuple[Any, ...]:
    """Return what places the row in a list of its resource."""
    return tuple(row[column.removeprefix("-")] for column in resource.order)


def listing(
    connection: Connection,
    resource: Resource,
    branches: Iterable[Branch],
    *,
    after: Sequence[Any] | None = None,
    limit: int | None = None,
    only: Sequence[str] = (),
) -> Iterator[Row]:
    """Yield the rows that fit any of `branches`, in the order of the resource, those behind `after`, `limit` at most.

    Each branch is a look-up in an index that has its columns first and the order's behind; their results are merged.
    Branches must not overlap. Rows are read as they are taken. `only`: just these columns and the order's. A row that
    is damaged (see `soundness`) is left out.
    """
    branches = list(branches)
    at_once = _FIRST_ROWS if limit is None else max(1, min(_FIRST_ROWS, 2 * limit // max(1, len(branches))))
    results = [_of_branch(connection, resource, branch, after, at_once, tuple(only)) for branch in branches]
    descending = resource.order[0].startswith("-")
    merged = heapq.merge(*results, key=lambda row: order_values(resource, row), reverse=descending)
    return islice(merged if len(results) > 1 else results[0] if results else iter(()), limit)


def _of_branch(
    connection: Connection,
    resource: Resource,
    branch: Branch,
    after: Sequence[Any] | None,
    at_once: int,
    only: tuple[str, ...],
) -> Iterator[Row]:
    """Yield the rows of a branch in their order: so many are read at once, then twice as many.

    Few of them are in memory at a time, on any engine, and no statement is left half read while others run.
    """
    values = {name: _values(value) for name, value in branch.items()}
    shape = tuple((name, len(some)) for name, some in values.items())
    equal = {f"{name}_{n}": value for name, some in values.items() for n, value in enumerate(some)}
    seen = 0
    while True:
        place = {f"after_{n}": value for n, value in enumerate(after or ())}
        statement = _select_branch(resource, shape, only, is_after=after is not None)
        found = statement.each(connection, {**equal, **place, "most": at_once})
        for row, error in found[seen:]:
            if error is None:
                yield row
            else:
                leave_out(error)
        if len(found) < at_once:
            return
        last, error = found[-1]
        if error is None:
            seen, after, at_once = 0, order_values(resource, last), min(2 * at_once, _MAX_ROWS)
        else:  # nobody can tell what comes behind it
            seen, at_once = at_once, 2 * at_once


def _values(value: Any) -> tuple[Any, ...]:
    """Return the values that a column may have; none where it has to be NULL."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def sound(connection: Connection, statement: Select[Any], limit: int | None) -> Iterator[Row]:
    """Yield the rows of a statement without those that are damaged: `limit` of them, or a few more."""
    rules = Rules(list(statement.selected_columns))
    seen, most = 0, limit
    while True:
        read, left_out = 0, False
        for row in islice(connection.execute(statement.limit(most)), seen, None):
            read += 1
            if rules.is_sound(row):
                yield row._mapping  # noqa: SLF001 - SQLAlchemy's own name
            else:
                left_out = True
        if not left_out or most is None or seen + read < most:
            return
        seen, most = most, 2 * most


@lru_cache(maxsize=512)
def _select_branch(
    resource: Resource, shape: tuple[tuple[str, int], ...], only: tuple[str, ...], *, is_after: bool
) -> Prepared:
    """Return the statement for branches of a shape: their columns, each with how many values it may have."""
    columns = resource.table.c
    names = [name.removeprefix("-") for name in resource.order]
    place = [columns[name] for name in names]
    descending = resource.order[0].startswith("-")
    statement = select(*(columns[name] for name in dict.fromkeys((*only, *names))) if only else resource.columns)
    statement = statement.where(*(_is_one_of(columns[name], count) for name, count in shape))
    statement = statement.where(deletions.live(resource))
    if is_after:
        here = tuple_(*place)
        there = tuple_(*(bindparam(f"after_{n}", type_=column.type) for n, column in enumerate(place)))
        statement = statement.where(here < there if descending else here > there)
    ordered = statement.order_by(*(column.desc() if descending else column for column in place))
    return Prepared(ordered.limit(bindparam("most")))


def equals(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    """Return the condition that a column has a value, or one of a tuple of them."""
    return column.in_(value) if isinstance(value, tuple) else column == value


def _is_one_of(column: ColumnElement[Any], count: int) -> ColumnElement[bool]:
    values = [bindparam(f"{column.key}_{n}", type_=column.type) for n in range(count)]
    if not values:
        return column.is_(None)
    return column == values[0] if count == 1 else column.in_(values)


def ancestors_of(resource: Resource, row: Row) -> tuple[str, ...]:
    """Return the ids of the rows above, nearest first."""
    return tuple(row[column] for column in resource.ancestors)


def _affected_ids(resource: Resource, *rows: Row) -> tuple[str, ...]:
    """Return the ids that the change of a row names: of all above it, and of what it belongs to otherwise."""
    columns = (*resource.ancestors, *resource.beside)
    ids = tuple(str(row[name]) for row in rows for name in columns if row[name] is not None)
    return ids if len(rows) == 1 else tuple(dict.fromkeys(ids))


def make_change(resource: Resource, operation: Operation, *rows: Row, relisted: bool = True) -> Change:
    """Return the change of a row: as it was and, where it was moved, as it is."""
    return Change(resource.table.name, str(rows[0][resource.key]), operation, _affected_ids(resource, *rows), relisted)


def make_log_changes(resource: Resource, operation: Operation, row: Row) -> list[Change]:
    """Return the change of a row's log; none where such rows have no logs."""
    above = (row[resource.key], *ancestors_of(resource, row))
    return [Change(resource.log.name, row[resource.key], operation, above)] if resource.log else []


def _place(connection: Connection, resource: Resource, values: Row) -> Row:
    """Return the values with the ids of all rows above filled in from the parent. Raises NotFoundError."""
    if resource.parent is None:
        return values
    above = _above(connection, resource.parent, values[resource.ancestors[0]])
    return {**values, **dict(zip(resource.ancestors[1:], above, strict=True))}


def _above(connection: Connection, resource: Resource, key: Key) -> tuple[str, ...]:
    """Return the ids of the rows above one. Raises NotFoundError."""
    known = places.known(connection)
    above: tuple[str, ...] | None = known.get((resource.table.name, key))
    if above is None:
        place = _select_place(resource).one(connection, {"key": key})
        if place is None:
            raise NotFoundError(resource.noun, str(key))
        above = known[resource.table.name, key] = ancestors_of(resource, place)
    return above


def create(connection: Connection, resource: Resource, values: Row, *, past_dead: bool = False) -> Written:
    """Insert a row. Raises AlreadyExistsError, and NotFoundError where its parent is missing.

    A dead row that has its key is in the way, too, unless `past_dead`: then that one becomes the new one. It has no
    log then: see `removal.clear_way`.
    """
    row = _place(connection, resource, values)
    if past_dead and is_dead(connection, resource, row[resource.key]):
        return _revive(connection, resource, row)
    return insert_placed(connection, resource, row)


def is_dead(connection: Connection, resource: Resource, key: Key) -> bool:
    """Return whether there is a row with this key that a deletion has taken."""
    return resource.mortal and _select_dead(resource).one(connection, {"key": key}) is not None


def _revive(connection: Connection, resource: Resource, row: Row) -> Written:
    parameters = {f"new_{column}": value for column, value in row.items()} | {"key": row[resource.key]}
    _update_one(resource, tuple(row), reborn=True).run(connection, parameters)
    return row, [make_change(resource, Operation.CREATE, row)]


def insert_placed(connection: Connection, resource: Resource, row: Row) -> Written:
    """Insert a row whose ids of the rows above are known to be true. Raises AlreadyExistsError."""
    try:
        _insert_one(resource).run(connection, row)
    except IntegrityError as error:
        raise AlreadyExistsError(resource.noun, str(row[resource.key])) from error
    return row, [make_change(resource, Operation.CREATE, row)]


def insert_many(connection: Connection, resource: Resource, placed: Sequence[Row]) -> list[Change]:
    """Insert rows whose keys are new, and whose ids of the rows above are known to be true."""
    _insert_one(resource).run_many(connection, placed)
    return [make_change(resource, Operation.CREATE, row) for row in placed]


def create_with_children(
    connection: Connection,
    resource: Resource,
    values: Row,
    child: Resource,
    children: Sequence[Row],
    *,
    past_dead: bool = False,
) -> tuple[list[Row], list[Change]]:
    """Insert a row and some right below it; return all. Raises AlreadyExistsError. `past_dead`: see `create`."""
    row, changes = create(connection, resource, values, past_dead=past_dead)
    created = [row]
    for below in children:
        row, more = create(connection, child, below, past_dead=past_dead)
        created.append(row)
        changes += more
    return created, changes


def change(connection: Connection, resource: Resource, key: Key, values: Row, check: Check) -> Written:
    """Give some columns new values; `check` sees the row as it will be. Equal values change nothing.

    Raises NotFoundError for the row and, where it is moved, for its new parent, and whatever `check` raises;
    ListTooLargeError where more would be moved with it than one transaction should.
    """
    old = get(connection, resource, key)
    new = {**old, **values}
    check(new)
    if resource.parent and new[resource.ancestors[0]] != old[resource.ancestors[0]]:
        new = dict(_place(connection, resource, new))
    differing = {column: value for column, value in new.items() if value != old[column]}
    if not differing:
        return old, []
    parameters = {f"new_{column}": value for column, value in differing.items()} | {"key": key}
    moved = not set(resource.ancestors).isdisjoint(differing)
    _update_one(resource, tuple(differing), reborn=moved and resource.mortal).run(connection, parameters)
    relisted = not resource.listed_by.isdisjoint(differing)
    changes = [make_change(resource, Operation.UPDATE, old, new, relisted=relisted)]
    if moved:
        places.forget(connection)
        changes += _carry_along(connection, resource, key, ancestors_of(resource, old), ancestors_of(resource, new))
    return new, changes


def _carry_along(
    connection: Connection, resource: Resource, key: Key, old: tuple[str, ...], new: tuple[str, ...]
) -> list[Change]:
    """Tell all rows below a moved row where they are now. Raises ListTooLargeError: the moved row is then not moved."""
    changes: list[Change] = []
    for lower, column in registry.below(resource):
        rows = below(connection, lower, column, key, f"{resource.noun}.{resource.ancestors[0]}", len(changes))
        above = lower.ancestors[lower.ancestors.index(column) + 1 :]
        moved: dict[str, Any] = dict(zip(above, new, strict=True))
        here = (lower.table.c[column] == key, deletions.live(lower))
        connection.execute(update(lower.table).where(*here).values({**moved, GENERATION: deletions.newest()}))
        for row in rows:
            ids = tuple(dict.fromkeys((*ancestors_of(lower, row), *new)))
            changes.append(Change(lower.table.name, row[lower.key], Operation.UPDATE, ids))
    return changes


def below(
    connection: Connection, lower: Resource, column: str, key: Key, field: str, already: int = 0
) -> Sequence[Row]:
    """Return the rows that have a key in a column: what changes of them name, and no more.

    Raises ListTooLargeError, which names the `field`, where they are, with those that were found `already`, too many
    for one transaction.
    """
    found = _select_below(lower, column).all(connection, {"above": key, "most": MAX_ROWS_ALONG + 1 - already})
    if len(found) + already > MAX_ROWS_ALONG:
        raise ListTooLargeError(field, MAX_ROWS_ALONG, "rows that would change with it")
    return found
