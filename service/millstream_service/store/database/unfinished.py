"""The mark of a database that is being filled by a copy of a store. Until it is finished no service may open it.

The mark is a table of its own, which no store has: it is found however the copy ended.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, Table, delete, insert, inspect, select

from millstream_service.errors import StoreUnavailableError

_MARK = Table(
    "unfinished_copy",
    MetaData(),
    Column("store_id", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Origin:
    """What is being copied: which store, and as of which revision."""

    store_id: bytes
    revision: int


def refuse(connection: Connection) -> None:
    """Raise StoreUnavailableError where the database holds a part of a store alone."""
    if inspect(connection).has_table(_MARK.name):
        raise StoreUnavailableError("the database is a copy that is not finished: `millstream db copy` goes on with it")


def origin(connection: Connection) -> Origin | None:
    """Return what the database is an unfinished copy of, or None."""
    if not inspect(connection).has_table(_MARK.name):
        return None
    return Origin(*connection.execute(select(_MARK.c.store_id, _MARK.c.revision)).one())


def mark(connection: Connection, of: Origin) -> None:
    """Say what is being copied, in place of what was said before."""
    _MARK.create(connection, checkfirst=True)
    connection.execute(delete(_MARK))
    connection.execute(insert(_MARK), {"store_id": of.store_id, "revision": of.revision})


def unmark(connection: Connection) -> None:
    """Make the database a store like any other."""
    _MARK.drop(connection)
