"""What a commit did: the currency between the store, the observations and the feed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from millstream_service.store import registry


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


MAX_CHANGES_A_TABLE = 10_000
MAX_CHANGES_BYTES = 2 << 20
"""Of a commit's changes on the wire: a client takes messages of 4 MiB, and one that is larger would end its feed."""
_FIELD_BYTES = 3
"""The most that a short field of a message takes beside its text."""


def coalesce(changes: Sequence[Change]) -> list[Change]:
    """Return the changes as the change log keeps them: what is said twice once, and never too much.

    Of equal changes the last one stays. While a table has over 10,000 of them, or all together are too large, the
    largest table is recorded coarsely: one change for all of its rows below a top row, or for all of its rows.
    """
    kept = _once(changes)
    while (table := _too_large(kept)) is not None:
        kept = _once([_rough(change) if change.table == table else change for change in kept])
    return kept


def _once(changes: Sequence[Change]) -> list[Change]:
    return list(dict.fromkeys(reversed(changes)))[::-1]


def _rough(change: Change) -> Change:
    """Return a change for all rows below the same top row; a moved row names two, so it becomes one for all rows."""
    moved = len(change.ancestors) > registry.depths().get(change.table, 0)
    above = change.ancestors[-1:] if change.key and not moved else ()
    return Change(change.table, "", change.operation, above)


def _too_large(changes: Sequence[Change]) -> str | None:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for change in changes:
        counts[change.table] += 1
        sizes[change.table] += _size(change)
    if counts and max(counts.values()) > MAX_CHANGES_A_TABLE:
        return max(counts, key=counts.__getitem__)
    return max(sizes, key=sizes.__getitem__) if sizes.total() > MAX_CHANGES_BYTES else None


def _size(change: Change) -> int:
    """Return about how many bytes the change has on the wire."""
    texts = (change.table, change.key, *change.ancestors)
    return sum(len(text.encode()) for text in texts) + _FIELD_BYTES * (len(texts) + 2)
