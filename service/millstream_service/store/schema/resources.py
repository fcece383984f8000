"""What entities have in common, declared: each domain declares its own, and `registry` has all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from sqlalchemy import Column, Table

GENERATION = "generation"


class OnDelete(Enum):
    """What becomes of a row once the one that it refers to is deleted: what its foreign key says in SQL."""

    REMOVE = "CASCADE"
    UNLINK = "SET NULL"


@dataclass(frozen=True, eq=False)
class Log:
    """Records that a row has by the thousand, as chunks: see `logs`.

    Changes and deletions call it `name`; their key is that of its row. It has no generation: it must be gone before
    another row gets the key.
    """

    name: str
    heads: Table
    chunks: Table


@dataclass(frozen=True, eq=False)
class Resource:
    """An entity: its table, its key, what is above it, and its order in a list.

    `ancestors` are the columns with the ids of the rows above, nearest first; the first is the parent's id and may be
    changed, the others follow from it. `order` are columns, with a `-` where they fall. `listed_by` are the columns
    whose change may alter a list that the row is in. `beside` are columns with the ids of what the row belongs to
    otherwise, or NULL: changes name these as they name the ancestors, and `on_delete` says what becomes of the row.

    `log`, `parts` and `writers` go with a row, and have no changes of their own (but for the log's). `parts` are tables
    with few rows for each. `writers` has how far those have come who write below the row, or its log, in batches (see
    `entities.writers`). `large`: columns that may have megabytes. `counted`: ids are numbers, given once (`counters`).
    """

    noun: str
    table: Table
    key: str
    order: tuple[str, ...]
    parent: "Resource | None" = None
    ancestors: tuple[str, ...] = ()
    listed_by: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    log: Log | None = None
    parts: tuple[Table, ...] = ()
    writers: Table | None = None
    large: tuple[str, ...] = ()
    counted: bool = False

    def order_by(self, *order: str) -> "Resource":
        """Return the same, listed in another order."""
        return replace(self, order=order)

    @property
    def name(self) -> str:
        """What changes and deletions call its rows."""
        return self.table.name

    @property
    def columns(self) -> list[Column[Any]]:
        """The columns that are anybody's business: all but `generation`."""
        return [column for column in self.table.columns if column.name != GENERATION]

    @property
    def mortal(self) -> bool:
        """Whether rows may be dead before they are gone."""
        return GENERATION in self.table.c

    @property
    def above(self) -> "tuple[Resource, ...]":
        """The resources above, nearest first, in the order of `ancestors`."""
        return (self.parent, *self.parent.above) if self.parent else ()

    @property
    def depth(self) -> int:
        """How many rows are above each row."""
        return len(self.ancestors)

    @property
    def names(self) -> tuple[str, ...]:
        """What changes call its rows, and what goes with these under a name of its own."""
        return (self.name, self.log.name) if self.log else (self.name,)

    def on_delete(self, other: "Resource") -> Iterator[tuple[str, OnDelete]]:
        """Yield the columns of `beside` that refer to rows of another resource, and what the deletion of these does."""
        for column in self.beside:
            for foreign in self.table.c[column].foreign_keys:
                if foreign.column.table is other.table:
                    yield column, OnDelete(foreign.ondelete)

    def owner(self, table: Table) -> Column[Any]:
        """Return the column with the key of the row that the rows of its log or its parts belong to."""
        return next(key.parent for key in table.foreign_keys if key.column.table is self.table)
