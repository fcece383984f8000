"""Writers that count what they send: a batch that comes twice is stored once.

A writer names itself, and numbers its entries for each row that it sends them for, from 1 on without gaps. How far each
has come stands in a table beside the rows (`Resource.writers`), and moves in the transaction that stores the entries.
"""

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, bindparam, func

from millstream_service.errors import EntryGapError
from millstream_service.store.engines.engines import upsert
from millstream_service.store.engines.prepared import Prepared
from millstream_service.store.schema.resources import Resource


class Writers:
    """The counts of those who write for the rows of a resource.

    A statement that looks for a row finds a count with it: the table, joined where `mine` holds (whose parameter is
    `writer_id`), has it in `last_entry`; 0 for a new writer.
    """

    def __init__(self, resource: Resource, table: Table) -> None:
        owner: Column[Any] = resource.owner(table)
        self._noun = resource.noun
        self._owner = owner.name
        self._move = Prepared(upsert(table, [owner.name, "writer_id"], ["last_entry"]))
        self.mine: ColumnElement[bool] = and_(
            owner == resource.table.c[resource.key], table.c.writer_id == bindparam("writer_id")
        )
        self.last_entry: ColumnElement[int] = func.coalesce(table.c.last_entry, 0).label("last_entry")

    def skip(self, key: str, writer_id: str, last_entry: int, first_entry: int) -> int:
        """Return how many entries from `first_entry` on are to be skipped: they came before.

        Raises EntryGapError where some before `first_entry` have not come.
        """
        expected = last_entry + 1
        if first_entry > expected:
            raise EntryGapError(self._noun, key, writer_id, expected, first_entry)
        return expected - first_entry

    def move(self, connection: Connection, key: str, writer_id: str, last_entry: int) -> None:
        """Note how far a writer has come."""
        self._move.run(connection, {self._owner: key, "writer_id": writer_id, "last_entry": last_entry})
