"""Lists of whole messages, watched: read once, and from then on only those rows again that have changed.

A list knows where each of its rows stands. A row that changed is read by its key: it leaves the list, comes into it, or
takes another place. A list that is cut off after so many rows reads on behind its last one where it has lost some.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from millstream_service.reactive.values import Entry, Rows
from millstream_service.store.database.database import Reader
from millstream_service.store.entities import rows
from millstream_service.store.schema.resources import Resource


@dataclass(frozen=True, slots=True)
class RowList:
    """The first `limit` rows of a resource that fit any of `branches` (see `rows.listing`).

    `encode` makes a response with a row alone, without its position; None leaves it out.
    """

    resource: Resource
    branches: Sequence[rows.Branch]
    limit: int | None
    encode: Callable[[rows.Row], bytes | None]

    def read(self, connection: Reader) -> Rows:
        """Return the list."""
        entries, end = self._on(connection, None, self.limit)
        return Rows(entries, end)

    def again(self, connection: Reader, before: Rows, keys: Collection[str]) -> Rows:
        """Return the list, as `read` would, from the one before all changes of the rows with these keys."""
        descending = self.resource.order[0].startswith("-")
        kept = [entry for entry in before.entries if entry.key not in keys]
        found = rows.some(connection, self.resource, keys)
        fresh = self._entries(row for row in found if any(_fits(row, branch) for branch in self.branches))
        if (end := before.end) is not None:  # what is behind it is not known, and read where it is needed
            fresh = [one for one in fresh if (one.place >= end if descending else one.place <= end)]
        entries = sorted((*kept, *fresh), key=_place, reverse=descending)
        if self.limit is None:
            return Rows(entries)
        if end is not None and len(entries) < self.limit:
            more, end = self._on(connection, end, self.limit - len(entries))
            return Rows([*entries, *more], end)
        entries = entries[: self.limit]
        return Rows(entries, entries[-1].place if len(entries) == self.limit else None)

    def _on(
        self, connection: Reader, after: tuple[Any, ...] | None, limit: int | None
    ) -> tuple[list[Entry], tuple[Any, ...] | None]:
        """Return the rows behind a place, and the place of the last one where there may be more behind it."""
        found = list(rows.listing(connection, self.resource, self.branches, after=after, limit=limit))
        end = rows.order_values(self.resource, found[-1]) if found and len(found) == limit else None
        return self._entries(found), end

    def _entries(self, found: Iterable[rows.Row]) -> list[Entry]:
        encoded = ((row, self.encode(row)) for row in found)
        place, key = rows.order_values, self.resource.key
        return [Entry(place(self.resource, row), str(row[key]), data) for row, data in encoded if data is not None]


def _place(entry: Entry) -> tuple[Any, ...]:
    return entry.place


def _fits(row: rows.Row, branch: rows.Branch) -> bool:
    """Return whether a row has the values of a branch."""
    return all(row[name] in value if isinstance(value, tuple) else row[name] == value for name, value in branch.items())
