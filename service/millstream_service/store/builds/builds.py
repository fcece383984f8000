"""Builds and their labels: what is special to them beside what all entities have in common.

A build is found by its labels through a table with a row for each. The rows are written with the build, in its
transaction, and go with it.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, select, true, tuple_

from millstream_service.store.builds.tables import BUILD_LABELS, BUILDS
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.entities import rows
from millstream_service.store.entities.deletions import live

Labels = Mapping[str, str]
_LABEL = BUILD_LABELS.c
_INSERT = Prepared(insert(BUILD_LABELS))
_DELETE = Prepared(delete(BUILD_LABELS).where(_LABEL.build_id == bindparam("build")))


def create(connection: Connection, values: rows.Row, *, past_dead: bool = False) -> rows.Written:
    """Insert a build. Raises AlreadyExistsError, and NotFoundError where its scheme is missing. See `rows.create`."""
    written = rows.create(connection, BUILDS, values, past_dead=past_dead)
    _insert_labels(connection, values)
    return written


def change(connection: Connection, key: str, values: rows.Row, check: rows.Check) -> rows.Written:
    """Give some columns of a build new values. Raises what rows.change does."""
    row, changes = rows.change(connection, BUILDS, key, values, check)
    if changes and "labels" in values:
        _DELETE.run(connection, {"build": key})
        _insert_labels(connection, row)
    return row, changes


def _insert_labels(connection: Connection, build: rows.Row) -> None:
    for label in texts(build["labels"] or {}):
        _INSERT.run(connection, {"label": label, "created_at": build["created_at"], "build_id": build["id"]})


def texts(labels: Labels) -> list[str]:
    """Return labels as they are stored, in their order: `key=value`."""
    return sorted(f"{key}={value}" for key, value in labels.items())


def find_labelled(
    connection: Connection,
    labels: Labels,
    branches: Sequence[rows.Branch],
    *,
    after: Sequence[Any] | None = None,
    limit: int | None = None,
) -> list[rows.Row]:
    """Return the builds that have all of some labels and fit any of `branches`, newest first, those behind `after`.

    Goes through the builds that have the first of the labels, newest first.
    """
    first, *others = texts(labels)
    build = BUILDS.table.c
    place = (_LABEL.created_at, _LABEL.build_id)
    statement = select(*BUILDS.columns).join(BUILD_LABELS, build.id == _LABEL.build_id).where(_LABEL.label == first)
    statement = statement.where(*(_has(label) for label in others), _fits(branches), live(BUILDS))
    if after is not None:
        statement = statement.where(tuple_(*place) < tuple_(*after))
    statement = statement.order_by(*(column.desc() for column in place))
    return list(islice(rows.sound(connection, statement, limit), limit))


def _has(label: str) -> ColumnElement[bool]:
    build, also = BUILDS.table.c, BUILD_LABELS.alias("also")
    same = (also.c.label == label, also.c.created_at == build.created_at, also.c.build_id == build.id)
    return select(also.c.label).where(*same).exists()


def _fits(branches: Sequence[rows.Branch]) -> ColumnElement[bool]:
    """Return the condition that a build is in any of the branches, which differ in one column at the most.

    Not an OR for each: SQLite takes no expression that is a thousand deep.
    """
    values = {name: tuple(dict.fromkeys(branch[name] for branch in branches)) for name in branches[0]}
    column = BUILDS.table.c
    return and_(
        true(), *(rows.equals(column[name], some[0] if len(some) == 1 else some) for name, some in values.items())
    )
