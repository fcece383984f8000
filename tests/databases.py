"""New databases of each kind, for tests that do not care which it is."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

from millstream_service.store.database import Database
from tests.postgres.server import PostgresServer

Kind = Literal["memory", "file", "postgres"]
KINDS: tuple[Kind, ...] = ("memory", "file", "postgres")
LASTING: tuple[Kind, ...] = ("file", "postgres")
"""Those that outlive who opens them, and that several may open."""
SQLITE: tuple[Kind, ...] = ("memory", "file")
EACH_ENGINE: tuple[Kind, ...] = ("memory", "postgres")
NewUrl = Callable[[], str]
_TEMPLATE = "millstream_template"
_numbers = count(1)


_CHOOSING = ("database_kind", "lasting_url", "empty_url", "shared_url")
"""The fixtures whose parameter is a kind."""


def is_on_sqlite(item: pytest.Item) -> bool:
    """Return whether this is the run on SQLite of a test that has one on PostgreSQL, too."""
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return any(parameters.get(name) in SQLITE for name in _CHOOSING)


def make_template(server: PostgresServer) -> None:
    """Make a database with our schema, to be copied."""
    Database(server.create_database(_TEMPLATE)).open().close()


class Databases:
    """Makes databases of one kind. Enter it; leaving it drops those of PostgreSQL.

    They have our schema already, where there is a `template` of it; all copies of one have the same identity.
    """

    def __init__(
        self, kind: Kind, folder: Path, server: Callable[[], PostgresServer], template: str | None = _TEMPLATE
    ) -> None:
        self._kind = kind
        self._template = template
        self._folder = folder
        self._server = server
        self._made: list[str] = []

    def __enter__(self) -> NewUrl:
        return self.new_url

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            self._server().drop_database(name)

    def new_url(self) -> str:
        """Return the URL of a new database."""
        if self._kind == "memory":
            return "sqlite:///:memory:"
        name = f"millstream_{next(_numbers)}"
        if self._kind == "file":
            return f"sqlite:///{self._folder / name}.sqlite3"
        self._made.append(name)
        return self._server().create_database(name, template=self._template)
