"""Which rows the last commits changed: so that a list that is watched reads these again, and not all of its rows.

Each published commit is noted, a key a change, for the tables that are asked for. What is kept is bounded: a list
that needs more is read whole. All fields belong to the event loop.
"""

from collections import deque
from collections.abc import Iterable

from millstream_service.store.history.changes import Change, Commit

MAX_CHANGES = 1_000
"""So many changes of a table are kept."""


class Recent:
    """Remembers changes. `era` counts how often all of them were forgotten: a revision is compared within one."""

    def __init__(self) -> None:
        self.era = 0
        self._changes: dict[str, deque[tuple[int, str]]] = {}
        self._floors: dict[str, int] = {}
        """By table: all changes of later revisions are kept."""

    def note(self, commit: Commit) -> None:
        """Take note of a commit, in whatever order they come."""
        for change in commit.changes if self._changes else ():
            kept = self._changes.get(change.table)
            if kept is None:
                continue
            if change.key:
                kept.append((commit.revision, change.key))
            else:  # it stands for more rows than anybody says
                kept.clear()
                self._raise_floor(change.table, commit.revision)
            if len(kept) > MAX_CHANGES:
                self._raise_floor(change.table, kept.popleft()[0])

    def _raise_floor(self, table: str, revision: int) -> None:
        self._floors[table] = max(self._floors[table], revision)

    def since(self, table: str, revision: int, published: int) -> frozenset[str] | None:
        """Return the keys of the rows that commits after a revision changed, or None where nobody knows them all.

        `published`: the newest published revision; from there on changes are kept where they were not so far.
        """
        kept = self._changes.get(table)
        if kept is None:
            self._changes[table], self._floors[table] = deque(), published
            return None
        if revision < self._floors[table]:
            return None
        return frozenset(key for changed_at, key in kept if changed_at > revision)

    def forget(self) -> None:
        """Take note that much has changed, and nobody knows what."""
        self.era += 1
        self._changes.clear()
        self._floors.clear()


def keys_of(table: str, changes: Iterable[Change]) -> frozenset[str] | None:
    """Return the keys of a table's rows that changes are about, or None where one stands for more rows."""
    keys = frozenset(change.key for change in changes if change.table == table)
    return None if "" in keys else keys
