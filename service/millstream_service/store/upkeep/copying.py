"""Copies a whole store from one database to another, of whichever engines.

The cycle: the target is marked as unfinished, so that no service opens it. Each table is copied from one snapshot of
the source, parents first, in transactions of some thousand rows. Then both sides are read whole and compared. At the
end, in one transaction, the target takes over the source's identity, secret and revision (so the tokens that clients
hold stay good) and loses its mark.

A copy that was broken off goes on behind the last key of each table that is in the target already. Should the source
have changed meanwhile, the target is emptied and the copy begins anew; what was changed without a commit of its own
(merged chunks) is found when both sides are compared, and the next call begins anew.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from millstream_service.errors import CopyRefusedError
from millstream_service.store import registry
from millstream_service.store.database import unfinished
from millstream_service.store.database.database import Database
from millstream_service.store.database.unfinished import Origin
from millstream_service.store.engines.database_file import DatabaseFile
from millstream_service.store.entities.rows import Row
from millstream_service.store.history import queries
from millstream_service.store.schema.models import COUNTERS, STATE
from millstream_service.store.upkeep import transfer
from millstream_service.store.upkeep.transfer import Fingerprint

TABLES = tuple(table for table in registry.tables() if table is not STATE)
"""Parents before children. Who the store is comes last."""
_EMPTY_AT_FIRST = tuple(table for table in TABLES if table is not COUNTERS)
"""Those that have no rows in a new store."""
_SPOILED = -1


@dataclass(frozen=True)
class Progress:
    """What is being done (`copying`, `comparing`), and how many rows of how many it has come to."""

    doing: str
    rows: int
    of: int


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Copied:
    """What was copied: the revision, and the fingerprint of each table, which both sides have."""

    revision: int
    tables: dict[str, Fingerprint]


def copy(source_url: str, target_url: str, report: Report) -> Copied:
    """Copy the store at one URL into the empty database at another, or go on with such a copy.

    Raises CopyRefusedError where the target holds something else, where the source was written to meanwhile, and where
    the two differ in the end; and what Database.open does.
    """
    with _open(source_url) as source, _open(target_url, unfinished=True) as target:
        return _Copy(source, target, report).run()


@contextmanager
def _open(url: str, *, unfinished: bool = False) -> Iterator[Database]:
    database = Database(url).open(unfinished=unfinished)
    try:
        yield database
    finally:
        database.close()


class _Copy:
    """One copy. All of it belongs to one thread; `_writer` is the connection to the target."""

    def __init__(self, source: Database, target: Database, report: Report) -> None:
        self._source = source
        self._target = target
        self._report = report
        self._writer = target.connect_writer()

    def run(self) -> Copied:
        """Copy, compare, finish."""
        identity, copied = self._source.read_now(self._copy)
        if self._source.read_now(queries.revision) != copied.revision:
            raise CopyRefusedError("the source has changed meanwhile: stop its services and run again")
        self._write(partial(_take_over, identity=identity, file=self._target.file))
        return copied

    def _copy(self, snapshot: Connection) -> tuple[Row, Copied]:
        """Have the target hold what one snapshot of the source does; return who the source is, too."""
        identity = dict(snapshot.execute(select(STATE)).mappings().one())
        origin = Origin(identity["store_id"], identity["revision"])
        self._write(partial(self._begin, origin=origin))
        self._copy_tables(snapshot)
        return identity, Copied(origin.revision, self._compare(snapshot, origin))

    def _begin(self, target: Connection, origin: Origin) -> None:
        """Mark the target. Raises CopyRefusedError where it is neither empty nor an unfinished copy of this store."""
        before = unfinished.origin(target)
        if before is None and self._source.store_id == self._target.store_id:
            raise CopyRefusedError("the target already holds this store")
        if before is None and (queries.revision(target) or any(_is_filled(target, table) for table in _EMPTY_AT_FIRST)):
            raise CopyRefusedError("the target is not empty")
        if before is not None and before.store_id != origin.store_id:
            raise CopyRefusedError("the target holds an unfinished copy of another store")
        if before is None or before.revision != origin.revision:
            for table in reversed(TABLES):
                target.execute(delete(table))
        unfinished.mark(target, origin)

    def _copy_tables(self, snapshot: Connection) -> None:
        total = sum(transfer.count(snapshot, table) for table in TABLES)
        done = sum(self._target.read_now(partial(transfer.count, table=table)) for table in TABLES)
        self._report(Progress("copying", done, total))
        for table in TABLES:
            after = self._target.read_now(partial(transfer.last_key, table=table))
            with closing(transfer.copy_rows(snapshot, self._write, table, after)) as transactions:
                for rows in transactions:
                    done += rows
                    self._report(Progress("copying", done, total))
            transfer.link_rows(snapshot, self._write, table)

    def _compare(self, snapshot: Connection, origin: Origin) -> dict[str, Fingerprint]:
        """Return the fingerprints of all tables. Raises CopyRefusedError for the first that differs."""
        read, total = 0, 2 * sum(transfer.count(snapshot, table) for table in TABLES)

        def report(rows: int) -> None:
            nonlocal read
            read += rows
            self._report(Progress("comparing", read, total))

        found = {}
        for table in TABLES:
            theirs = transfer.fingerprint(snapshot, table, report)
            ours = self._target.read_now(partial(transfer.fingerprint, table=table, report=report))
            if ours != theirs:
                self._write(partial(unfinished.mark, of=replace(origin, revision=_SPOILED)))
                raise CopyRefusedError(f"{table.name} differs from the source: run again to start over")
            found[table.name] = theirs
        return found

    def _write(self, command: Callable[[Connection], Any]) -> Any:
        with self._target.translating(), self._writer.begin():
            done = command(self._writer)
        self._target.file.check()
        return done


def _is_filled(connection: Connection, table: Table) -> bool:
    return connection.execute(select(*table.primary_key).limit(1)).first() is not None


def _take_over(target: Connection, identity: Row, file: DatabaseFile) -> None:
    """Make the target the store that the source is, at the place where it is."""
    target.execute(
        update(STATE).values({name: value for name, value in identity.items() if name != STATE.c.place.name})
    )
    unfinished.unmark(target)
    file.note(identity["store_id"], identity["revision"])
