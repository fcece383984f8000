"""Which tests run: what a test is about is said by its fixtures and its markers, what is to be run by options."""

import pytest

from tests.databases import SQLITE

_CHOOSING = ("database_kind", "lasting_url", "empty_url", "shared_url")
"""The fixtures whose parameter is a kind of database."""
_POSTGRES = "postgres"


def is_on_sqlite(item: pytest.Item) -> bool:
    """Return whether this is the run on SQLite of a test that has one on PostgreSQL, too."""
    return any(kind in SQLITE for kind in _kinds(item))


def is_run_in_a_file_too(item: pytest.Item) -> bool:
    """Return whether this is the run in memory of a test that has one in a file, too."""
    if not isinstance(item, pytest.Function) or _kinds(item) != ["memory"]:
        return False
    made = item._fixtureinfo.name2fixturedefs.get("database_kind", ())
    return any("file" in (one.params or ()) for one in made[-1:])


def is_on_postgres(item: pytest.Item) -> bool:
    """Return whether it needs a PostgreSQL server."""
    if _POSTGRES in item.name.partition("[")[2]:
        return True
    return not _kinds(item) and _POSTGRES in getattr(item, "fixturenames", ())


def is_in_full(item: pytest.Item) -> bool:
    """Return whether it is left to `make test-all`: a long form, or a second engine that makes no difference to it.

    What handlers promise is tested on SQLite. On PostgreSQL, too, where the marker `dialects` says that it is about
    what engines do each in their own way: the order of texts, the largest numbers, locks and upserts, notices of
    commits, characters that one of them refuses; and in one test of each RPC.
    """
    return item.get_closest_marker("in_full") is not None and item.get_closest_marker("dialects") is None


def _kinds(item: pytest.Item) -> list[object]:
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return [parameters[name] for name in _CHOOSING if name in parameters]
