"""The change log: a row a commit. What other processes on the same store, and resumed feeds, read."""

import time
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, cast, delete, func, insert, select, update

from millstream_service.errors import RevisionCompactedError, StoreCorruptError, ValidationFailedError
from millstream_service.store.engines import engines
from millstream_service.store.engines.page_end import page_end
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.engines.soundness import missing, read_checked
from millstream_service.store.history import queries
from millstream_service.store.history.changes import Change, Commit, Operation, coalesce
from millstream_service.store.schema.models import CHANGE_LOG, STATE

KEPT_REVISIONS = 100_000
KEPT_NANOSECONDS = 3600 * 10**9
PAGE_BYTES = 1 << 20
"""So much of the log, as it is stored, is read at once, and a commit more: one may have 2 MiB."""
_COMPACT_EVERY = 1_000

_NEXT_REVISION = Prepared(
    update(STATE).where(STATE.c.id == 1).values(revision=STATE.c.revision + 1).returning(STATE.c.revision)
)
_RECORD = Prepared(insert(CHANGE_LOG))
_behind = CHANGE_LOG.c.revision > bindparam("after")
_end_of_page = page_end(CHANGE_LOG.c.revision, func.length(cast(CHANGE_LOG.c.changes, Text)), _behind)
_PAGE = select(CHANGE_LOG).where(_behind, CHANGE_LOG.c.revision <= _end_of_page).order_by(CHANGE_LOG.c.revision)
_OLDEST = (
    select(CHANGE_LOG.c.revision, CHANGE_LOG.c.committed_at)
    .where(CHANGE_LOG.c.revision <= bindparam("last"))
    .order_by(CHANGE_LOG.c.revision)
    .limit(2 * _COMPACT_EVERY)
)
_DROP = delete(CHANGE_LOG).where(CHANGE_LOG.c.revision <= bindparam("last"))


def record(connection: Connection, changes: list[Change]) -> Commit:
    """Give the transaction its revision and write its row; where it changed nothing, return the newest revision."""
    if not changes:
        return Commit(queries.revision(connection), 0, ())
    state = _NEXT_REVISION.one(connection, {})
    if state is None:
        raise missing(STATE.name)
    revision: int = state["revision"]
    now = time.time_ns()
    packed = [
        [change.table, change.key, int(change.operation), change.ancestors, change.relisted]
        for change in coalesce(changes)
    ]
    _RECORD.run(connection, {"revision": revision, "committed_at": now, "changes": packed})
    engines.of(connection).announce(connection, revision)
    if revision % _COMPACT_EVERY == 0:
        compact(connection, revision - KEPT_REVISIONS, now - KEPT_NANOSECONDS)
    return Commit(revision, now, changes)


def is_recorded(connection: Connection, commit: Commit) -> bool:
    """Return whether a commit that was cut off is in the store, and stays there.

    The row of the store's state is locked by the writer, so one who is still about it is waited for. It is written
    once more: what this transaction's commit waits for (the disk, a standby), the one that was cut off has then, too.
    """
    connection.execute(update(STATE).where(STATE.c.id == 1).values(revision=STATE.c.revision))
    row = connection.execute(select(CHANGE_LOG).where(CHANGE_LOG.c.revision == commit.revision)).one_or_none()
    return row is not None and _commit(row) == Commit(commit.revision, commit.committed_at, coalesce(commit.changes))


def compact(connection: Connection, last: int, before: int) -> None:
    """Drop the oldest commits, up to revision `last` and older than `before` (nanoseconds since 1970).

    What is left has no holes, whatever the clock did; each call drops a bounded number.
    """
    old = takewhile(lambda row: _is_before(row, before), connection.execute(_OLDEST, {"last": last}))
    dropped = [row.revision for row in old]
    if dropped:
        connection.execute(_DROP, {"last": dropped[-1]})


def _is_before(row: Any, before: int) -> bool:
    """Return whether a commit is older, or damaged so that nobody can tell."""
    return not isinstance(row.committed_at, int) or row.committed_at < before


@dataclass(frozen=True, slots=True)
class Page:
    """Commits that follow each other, and whether there are more behind them."""

    commits: list[Commit]
    more: bool


def after(connection: Connection, revision: int, limit: int) -> Page:
    """Return the commits after a revision, oldest first, `limit` at most, and about as many as a mebibyte has.

    Raises RevisionCompactedError where some are gone, ValidationFailedError for a revision of the future,
    StoreCorruptError for a row that can't be read, once all before it were given.
    """
    newest = queries.revision(connection)
    if revision > newest:
        raise ValidationFailedError("after_revision", f"lies in the future: the newest revision is {newest}")
    page = {"after": revision, "max_rows": limit, "max_bytes": PAGE_BYTES}
    commits: list[Commit] = []
    try:
        commits.extend(_commit(row) for row in read_checked(connection, _PAGE, page))
    except StoreCorruptError:
        if not commits:
            raise
    oldest = commits[0].revision if commits else newest + 1
    if oldest > revision + 1:
        raise RevisionCompactedError(revision, oldest)
    return Page(commits, more=bool(commits) and commits[-1].revision < newest)


def _commit(row: Row[Any]) -> Commit:
    changes = [
        Change(table, key, Operation(operation), tuple(ancestors), relisted)
        for table, key, operation, ancestors, relisted in row.changes
    ]
    return Commit(row.revision, row.committed_at, changes)
