"""What all tables share, and the tables that belong to no domain. Each domain has its own in one file.

Times are nanoseconds since 1970 (UTC); enums are their protobuf numbers, lists of them JSON. A row carries the ids of
all rows above it: so a query by any of them is one index away, and a change knows whom it concerns without asking.
`rows` keeps them true when a row is moved.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Double, Index, Integer, LargeBinary, MetaData, Text, text

from millstream_service.store.engines.soundness import Flag, from_zero, within
from millstream_service.store.schema.declaring import Declared, Mapped, mapped_column

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Ordered by its bytes, as Python orders it, whatever the language of the database."""
_NAMES = {
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(Declared):
    """What all tables share: the names of their constraints, and how Python's types are stored."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar = {
        str: _TEXT,
        bytes: LargeBinary,
        float: Double,
        int: BigInteger,
        bool: Flag,
        list[int]: JSON,
    }


def _has_bytes(count: int) -> Callable[[bytes], bool]:
    return lambda value: len(value) == count


def _is_change(value: Any) -> bool:
    """Return whether it is one of `changes.Change`, as the change log has it."""
    if not isinstance(value, list) or [type(one) for one in value] != [str, str, int, list, bool]:
        return False
    _, _, operation, ancestors, _ = value
    return operation in range(1, 4) and all(type(one) is str for one in ancestors)


class Mortal:
    """What rows have in common that may be dead for a while before they are taken away: see `deletions`."""

    generation: Mapped[int] = mapped_column(server_default=text("0"))
    """How many deletions there had been when the row was made, or put where it is."""


class Deletion(Model):
    """Something that was deleted, and of which more was left than one transaction takes away."""

    __tablename__ = "deletions"
    table_name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    """Counts all deletions: rows at the key or below it whose generation is smaller are dead."""
    steps: Mapped[int]
    """How many steps have been taken: whether they go on tells whether a service sees to it."""
    __table_args__ = (Index("ix_deletions_by_number", "number"),)


class ChangeLogEntry(Model):
    """What one commit changed."""

    __tablename__ = "change_log"
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    committed_at: Mapped[int]
    changes: Mapped[list[Any]] = mapped_column(JSON, info=within(_is_change))


class StoreState(Model):
    """One row: who the store is, and the revision of its newest commit."""

    __tablename__ = "store_state"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    store_id: Mapped[bytes] = mapped_column(info=within(_has_bytes(16)))
    """16 random bytes, made with the database: tells one store's tokens from another's."""
    secret: Mapped[bytes] = mapped_column(info=within(_has_bytes(32)))
    """32 random bytes that tokens are signed with."""
    key_salt: Mapped[bytes] = mapped_column(info=within(_has_bytes(16)))
    """16 random bytes that go into the encryption key, where that is made from a passphrase."""
    key_id: Mapped[bytes | None] = mapped_column(info=within(_has_bytes(16)))
    """The encryption key that secrets are sealed with; none where no service ever had one."""
    revision: Mapped[int] = mapped_column(info=from_zero())
    place: Mapped[str | None]
    """Where the store was opened last: not where a copy of it is. None: never, since there is such a column."""


class Counter(Model):
    """The greatest id that the rows of a table ever had. One that was given is never given again."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(info=from_zero())


CHANGE_LOG = ChangeLogEntry.__table__
COUNTERS = Counter.__table__
DELETIONS = Deletion.__table__
STATE = StoreState.__table__
