"""Issues of GitHub repositories: of two states of one, the later stays."""

from collections import Counter
from collections.abc import Iterable
from enum import Enum

from sqlalchemy import Connection

from millstream_service.store.agents.tables import GITHUB_ISSUES
from millstream_service.store.entities import rows
from millstream_service.store.history.changes import Change


class Outcome(Enum):
    """What storing an issue did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def store(connection: Connection, values: rows.Row) -> tuple[tuple[rows.Row, Outcome], list[Change]]:
    """Store an issue, unless it is stored just so or with a later `updated_at`; return what is stored then."""
    old = rows.find(connection, GITHUB_ISSUES, values["id"])
    if old is None:
        row, changes = rows.create(connection, GITHUB_ISSUES, values)
        return (row, Outcome.CREATED), changes
    if old["updated_at"] > values["updated_at"] or {**values, "synced_at": old["synced_at"]} == old:
        return (old, Outcome.UNCHANGED), []
    row, changes = rows.change(connection, GITHUB_ISSUES, values["id"], values, lambda _new: None)
    return (row, Outcome.UPDATED), changes


def store_all(connection: Connection, issues: Iterable[rows.Row]) -> tuple[Counter[Outcome], list[Change]]:
    """Store many; return how many were created, updated and left alone."""
    outcomes: Counter[Outcome] = Counter()
    changes: list[Change] = []
    for values in issues:
        (_, outcome), made = store(connection, values)
        outcomes[outcome] += 1
        changes += made
    return outcomes, changes
