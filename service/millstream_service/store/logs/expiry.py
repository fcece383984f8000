"""Which logs have been kept for long enough, and how they go: some chunks at a time, the oldest lines first.

A build that has ended and whose log is too old, or behind too many others, or behind too many bytes, loses its log. The
build stays. `Head.expired_at` says so from the first chunk on, and each step leaves a log that is whole from its oldest
line on: a reader sees it shrink, never with a hole, and after a crash the next round goes on with what is left.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, or_, select, update

from millstream_service.store.builds.tables import BUILDS, CHUNKS, HEADS
from millstream_service.store.engines.soundness import read_checked
from millstream_service.store.entities.deletions import live
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.logs.logs import change_of_log, deleted_seq

LOGS_AT_ONCE = 500
CHUNKS_AT_ONCE = 200
BYTES_AT_ONCE = 4 << 20
"""What one transaction takes away at the most: other writes wait that long."""

_builds = BUILDS.table


@dataclass(frozen=True, slots=True)
class Keep:
    """Which logs of builds that have ended are kept: those that all of these let stand. None: as many as there are.

    `nanoseconds` since the build's `created_at`; `of_project`: so many logs of a project, those of its newest builds;
    `of_all_bytes`: so much room on the disk, which logs of older builds make for those of newer ones.
    """

    nanoseconds: int | None = None
    of_project: int | None = None
    of_all_bytes: int | None = None

    def __bool__(self) -> bool:
        """Return whether any log is ever given up."""
        return any(limit is not None for limit in (self.nanoseconds, self.of_project, self.of_all_bytes))


@dataclass(frozen=True, slots=True)
class Due:
    """Builds whose logs are to go, oldest first; where there are none, when the next one will be too old, if ever."""

    build_ids: list[str]
    next_at: int | None


def due(connection: Connection, keep: Keep, ended: Collection[int], now: int) -> Due:
    """Return which logs are to go, some at a time. `ended`: the statuses of builds that have. Times in nanoseconds."""
    kept = _kept(keep).subquery()
    over = []
    if keep.nanoseconds is not None:
        over.append(kept.c.created_at < now - keep.nanoseconds)
    if keep.of_project is not None:
        over.append(kept.c.place > keep.of_project)
    if keep.of_all_bytes is not None:
        over.append(kept.c.bytes_up_to_here > keep.of_all_bytes)
    has_ended = kept.c.status.in_(ended)
    found = select(kept.c.id).where(has_ended, or_(*over)).order_by(kept.c.created_at, kept.c.id).limit(LOGS_AT_ONCE)
    build_ids = list(connection.execute(found).scalars())
    if build_ids or keep.nanoseconds is None:
        return Due(build_ids, None)
    oldest = connection.execute(select(func.min(kept.c.created_at)).where(has_ended)).scalar()
    return Due([], None if oldest is None else oldest + keep.nanoseconds)


def _kept(keep: Keep) -> Select[Any]:
    """Return the builds with lines, and of each its place among its project's, and the bytes of all from it on."""
    newest_first = (_builds.c.created_at.desc(), _builds.c.id.desc())
    columns: list[Any] = [_builds.c.id, _builds.c.status, _builds.c.created_at]
    if keep.of_project is not None:
        place = func.row_number().over(partition_by=_builds.c.project_bundle_identifier, order_by=newest_first)
        columns.append(place.label("place"))
    with_lines = HEADS.join(_builds, _builds.c.id == HEADS.c.build_id)
    if keep.of_all_bytes is not None:
        sizes = (
            select(CHUNKS.c.build_id, func.sum(func.length(CHUNKS.c.payload)).label("size"))
            .join(HEADS, and_(HEADS.c.build_id == CHUNKS.c.build_id, CHUNKS.c.first_seq > HEADS.c.deleted_seq))
            .group_by(CHUNKS.c.build_id)
            .subquery()
        )
        with_lines = with_lines.join(sizes, sizes.c.build_id == HEADS.c.build_id)
        columns.append(func.sum(sizes.c.size).over(order_by=newest_first).label("bytes_up_to_here"))
    return select(*columns).select_from(with_lines).where(HEADS.c.last_seq > HEADS.c.deleted_seq, live(BUILDS))


_OLDEST = (
    select(CHUNKS.c.first_seq, CHUNKS.c.last_seq, func.length(CHUNKS.c.payload))
    .where(CHUNKS.c.build_id == bindparam("build"), CHUNKS.c.first_seq > deleted_seq)
    .order_by(CHUNKS.c.first_seq)
    .limit(bindparam("limit"))
)
_DROP = delete(CHUNKS).where(CHUNKS.c.build_id == bindparam("build"), CHUNKS.c.first_seq <= bindparam("last"))
_PLACE = select(_builds.c.id, *(_builds.c[name] for name in BUILDS.ancestors), _builds.c.status, HEADS.c.last_seq).join(
    HEADS, HEADS.c.build_id == _builds.c.id
)


def expire_some(connection: Connection, build_id: str, ended: Collection[int], now: int) -> tuple[bool, list[Change]]:
    """Take the oldest chunks of a log away, as many as one transaction may; return whether some are left.

    Nothing happens where the build was deleted meanwhile, or goes on.
    """
    place = connection.execute(_PLACE.where(_builds.c.id == build_id, live(BUILDS))).mappings().one_or_none()
    if place is None or place["status"] not in ended:
        return False, []
    first_seq, last_seq = _oldest(connection, build_id) or (0, place["last_seq"])
    connection.execute(_DROP, {"build": build_id, "last": first_seq})
    gone = update(HEADS).where(HEADS.c.build_id == build_id).values(deleted_seq=last_seq, expired_at=now)
    connection.execute(gone)
    left = last_seq < place["last_seq"]
    return left, change_of_log(place, Operation.UPDATE if left else Operation.DELETE)


def _oldest(connection: Connection, build_id: str) -> tuple[int, int] | None:
    """Return the first and the last line of the last chunk that still has room in this transaction, if there is one."""
    last, size = None, 0
    for first_seq, last_seq, more in read_checked(connection, _OLDEST, {"build": build_id, "limit": CHUNKS_AT_ONCE}):
        size += more
        if last is not None and size > BYTES_AT_ONCE:
            break
        last = first_seq, last_seq
    return last
