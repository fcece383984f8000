"""Whom a commit concerns: keys that listeners depend on, looked up in a dictionary.

The work of a commit is in proportion to what it touches and who listens there, never to how many listen elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from millstream_service.reactive.recent import Recent
from millstream_service.store.history.changes import Change, Commit

_BEHIND_TABLE = re.compile("[:<]")
EVERYTHING = "*"
"""The key of those whom every commit concerns."""


def row(table: str, key: str) -> str:
    """Return the key for the row of a table with this key."""
    return f"{table}:{key}"


def below(table: str, ancestor: str) -> str:
    """Return the key for any row of a table below a row with this key."""
    return f"{table}<{ancestor}"


def listed_below(table: str, ancestor: str) -> str:
    """Return the key for the lists of a table's rows below a row: which rows they have, and in what order."""
    return f"+{table}<{ancestor}"


def listed(table: str) -> str:
    """Return the key for the list of all rows of a table."""
    return f"+{table}"


def keys_of(change: Change) -> Iterator[str]:
    """Yield the keys that a change touches."""
    yield row(change.table, change.key)
    for ancestor in change.ancestors:
        yield below(change.table, ancestor)
    if change.relisted:
        yield listed(change.table)
        for ancestor in change.ancestors:
            yield listed_below(change.table, ancestor)


def _table_of(key: str) -> str:
    """Return the table of what a key stands for."""
    return _BEHIND_TABLE.split(key.removeprefix("+"), maxsplit=1)[0]


class Listener(Protocol):
    """Someone whom commits concern."""

    def notify(self) -> None:
        """Take note of a commit that concerns it: called in the event loop, once or more. Must be quick."""


class Regions:
    """Who listens where. Belongs to the event loop."""

    def __init__(self) -> None:
        self.complete = 0
        """All commits up to this revision were published,"""
        self.newest = 0
        """and of those behind it this one of ours, though others' before it may be yet to come."""
        self.recent = Recent()
        self._listeners: dict[str, tuple[Listener] | dict[Listener, None]] = {}

    def add(self, listener: Listener, keys: Iterable[str]) -> None:
        """Begin to tell a listener about commits that touch any of the keys."""
        for key in keys:
            there = self._listeners.get(key)
            if there is None:
                self._listeners[key] = (listener,)  # mostly there is one, and a dictionary has five times the size
            elif isinstance(there, tuple):
                self._listeners[key] = dict.fromkeys((*there, listener))
            else:
                there[listener] = None

    def remove(self, listener: Listener, keys: Iterable[str]) -> None:
        """Stop that."""
        for key in keys:
            there = self._listeners.get(key, ())
            if isinstance(there, dict):
                there.pop(listener, None)
                is_last = not there
            else:
                is_last = listener in there
            if is_last:
                del self._listeners[key]

    def publish(self, commit: Commit) -> None:
        """Tell all whom a commit concerns, each once; of a change of any rows of a table, all who listen there.

        Raises what one of them does, once all the others were notified.
        """
        self.recent.note(commit)
        keys = {key for change in commit.changes for key in keys_of(change)}
        tables = {change.table for change in commit.changes if not change.key}
        of_tables = [key for key in self._listeners if _table_of(key) in tables] if tables else ()
        self._tell(EVERYTHING, *(key for key in keys if key in self._listeners), *of_tables)

    def publish_all(self) -> None:
        """Tell everyone: too much has changed to say what."""
        self.recent.forget()
        self._tell(*self._listeners)

    def _tell(self, *keys: str) -> None:
        touched: dict[Listener, None] = {}
        for key in keys:
            touched.update(dict.fromkeys(self._listeners.get(key, ())))
        error = None
        for listener in touched:
            try:
                listener.notify()
            except Exception as fault:  # of this one: the others are notified
                error = fault
        if error is not None:
            raise error
