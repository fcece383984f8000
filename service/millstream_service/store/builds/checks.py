"""What `db check` looks at in builds, beside what holds for all resources."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, or_, select

from millstream_service.store.builds.builds import texts
from millstream_service.store.builds.tables import BUILD_LABELS, BUILDS
from millstream_service.store.entities.deletions import live

_LABEL = BUILD_LABELS.c


def find_mislabelled(connection: Connection) -> Iterator[str]:
    """Yield the builds whose labels are not those that they are found by."""
    build = BUILDS.table.c
    rows = select(build.id, build.labels, build.created_at, _LABEL.label, _LABEL.created_at)
    rows = rows.outerjoin(BUILD_LABELS, _LABEL.build_id == build.id).order_by(build.id)
    rows = rows.where(or_(build.labels.is_not(None), _LABEL.label.is_not(None)), live(BUILDS))
    for key, group in groupby(connection.execute(rows, execution_options={"yield_per": 100}), itemgetter(0)):
        (_, labels, created_at, *_), *_ = found = list(group)
        there = {(row[3], row[4]) for row in found if row[3] is not None}
        if there != {(label, created_at) for label in texts(labels if isinstance(labels, dict) else {})}:
            yield f"build {key} is not found by its labels"


CHECKS = (find_mislabelled,)
