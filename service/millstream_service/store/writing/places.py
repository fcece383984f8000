"""Where rows stand, remembered for one transaction: most of a group's new rows are put below the same few."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

_NAME = "millstream_places"
Places = MutableMapping[tuple[str, Any], Any]
"""Table and key -> the ids of the rows above."""


@contextmanager
def remember(connection: Connection) -> Iterator[None]:
    """Remember places until the end of the block, in which nobody else may write, and nothing be taken back."""
    info = connection.info
    info[_NAME] = {}
    try:
        yield
    finally:
        del info[_NAME]


def known(connection: Connection) -> Places:
    """Return what is remembered, to be added to."""
    places: Places = connection.info.get(_NAME, {})
    return places


def forget(connection: Connection) -> None:
    """Forget all of it: rows are moved or deleted."""
    known(connection).clear()
