"""What a commit did: the currency between the store, the observations and the feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Operation(IntEnum):
    """What happened to a row. The numbers are those of the protobuf enum."""

    CREATE = 1
    UPDATE = 2
    DELETE = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One row that a commit touched.

    `relisted`: lists that the row is in, or comes into, may differ now; not so where only its own values changed.
    An empty `key` stands for all rows of the table below `ancestors`.
    """

    table: str
    key: str
    operation: Operation
    ancestors: tuple[str, ...] = ()
    relisted: bool = True


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `committed_at` is in nanoseconds since 1970."""

    revision: int
    committed_at: int
    changes: Sequence[Change]


MOST_CHANGES_A_TABLE = 10_000


def folded(changes: Sequence[Change]) -> list[Change]:
    """Return the changes, those of a table with over 10,000 of them as one: so that a commit's row stays small."""
    if len(changes) <= MOST_CHANGES_A_TABLE:
        return list(changes)
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.table] = counts.get(change.table, 0) + 1
    kept: dict[tuple[str, ...], Change] = {}
    for change in changes:
        if counts[change.table] <= MOST_CHANGES_A_TABLE:
            kept[change.table, change.key, change.operation.name] = change
        else:
            above = change.ancestors[-1:]
            kept[change.table, "", change.operation.name, *above] = Change(change.table, "", change.operation, above)
    return list(kept.values())
